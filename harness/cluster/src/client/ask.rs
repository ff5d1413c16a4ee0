//! One question to the controller: what squeue, scontrol and sinfo need of it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::connect::{self, ConnectError};
use crate::proto::control::{Refusal, Reply, Request, Update};
use crate::view::{ConfigView, JobView, NodeView, PartitionView};
use crate::wire;

/// The controller's socket in the cluster's folder.
const SOCKET: &str = "ctld.sock";

/// Why there is no answer. Shown behind the name of the call, as Slurm's commands do.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No cluster is known.
    #[error(transparent)]
    NoCluster(#[from] ConnectError),
    /// The controller is not there, or went away.
    #[error("Unable to contact slurm controller (connect failure)")]
    Unreachable(#[source] io::Error),
    /// It answered with something else.
    #[error("Unexpected message received")]
    Unexpected,
    /// It refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// One connection, for one question.
struct Question(UnixStream);

impl Question {
    fn ask(request: &Request) -> Result<Self, AskError> {
        let conf = connect::slurm_conf()?;
        Self::ask_in(connect::folder(&conf), request)
    }

    fn ask_in(folder: &Path, request: &Request) -> Result<Self, AskError> {
        let mut stream = UnixStream::connect(folder.join(SOCKET)).map_err(AskError::Unreachable)?;
        wire::write(&mut stream, request).map_err(AskError::Unreachable)?;
        Ok(Self(stream))
    }

    fn answer(&mut self) -> Result<Reply, AskError> {
        match wire::read(&mut self.0) {
            Ok(Some(Reply::Error(refusal))) => Err(refusal.into()),
            Ok(Some(reply)) => Ok(reply),
            Ok(None) => Err(AskError::Unreachable(io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(AskError::Unreachable(error)),
        }
    }
}

/// The controller's configuration.
pub fn config() -> Result<ConfigView, AskError> {
    match Question::ask(&Request::Config)?.answer()? {
        Reply::Config(config) => Ok(*config),
        _ => Err(AskError::Unexpected),
    }
}

/// These jobs, or all where none is named.
pub fn jobs(ids: Vec<u32>) -> Result<Vec<JobView>, AskError> {
    match Question::ask(&Request::Jobs(ids))?.answer()? {
        Reply::Jobs(jobs) => Ok(jobs),
        _ => Err(AskError::Unexpected),
    }
}

/// The nodes and partitions.
pub fn nodes() -> Result<(Vec<NodeView>, Vec<PartitionView>), AskError> {
    let mut question = Question::ask(&Request::Nodes)?;
    let (nodes, partitions) = (question.answer()?, question.answer()?);
    match (nodes, partitions) {
        (Reply::Nodes(nodes), Reply::Partitions(partitions)) => Ok((nodes, partitions)),
        _ => Err(AskError::Unexpected),
    }
}

/// Changes something.
pub fn update(update: Update) -> Result<(), AskError> {
    match Question::ask(&Request::Update(update))?.answer()? {
        Reply::Done => Ok(()),
        _ => Err(AskError::Unexpected),
    }
}

/// What `--version` prints, and its exit code.
pub fn print_version(tool: &str) -> i32 {
    match config() {
        Ok(config) => {
            println!("slurm {}", config.release.version());
            0
        }
        Err(error) => {
            eprintln!("{tool}: error: {error}");
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A controller that answers one question with some replies, and then hangs up.
    fn controller(replies: Vec<Reply>) -> (tempfile::TempDir, std::thread::JoinHandle<Request>) {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join(SOCKET)).unwrap();
        let serve = move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = wire::read(&mut stream).unwrap().unwrap();
            for reply in &replies {
                wire::write(&mut stream, reply).unwrap();
            }
            request
        };
        (dir, std::thread::spawn(serve))
    }

    #[test]
    fn a_question_has_its_answer() {
        let (dir, served) = controller(vec![Reply::Done]);
        let mut question = Question::ask_in(dir.path(), &Request::Update(Update::Hold(5))).unwrap();
        assert_eq!(question.answer().unwrap(), Reply::Done);
        assert_eq!(served.join().unwrap(), Request::Update(Update::Hold(5)));
        assert!(matches!(question.answer(), Err(AskError::Unreachable(_))));
    }

    #[test]
    fn a_refusal_is_shown_in_the_controllers_words() {
        let (dir, _served) = controller(vec![Reply::Error(Refusal::InvalidJobId)]);
        let error = Question::ask_in(dir.path(), &Request::Jobs(vec![9])).unwrap().answer().unwrap_err();
        assert_eq!(error.to_string(), "Invalid job id specified");
    }

    #[test]
    fn without_a_controller_there_is_no_connection() {
        let dir = tempfile::tempdir().unwrap();
        let Err(error) = Question::ask_in(dir.path(), &Request::Config) else { panic!("there is one") };
        assert_eq!(error.to_string(), "Unable to contact slurm controller (connect failure)");
    }
}
