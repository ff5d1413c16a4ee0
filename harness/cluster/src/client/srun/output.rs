//! The tasks' output: which sink the bytes of each go to, and `--label`, which makes lines of them.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use super::sink::Sink;
use super::target::{StepNames, Target};
use crate::proto::stream::Stream;

/// A line longer than this is cut when it is labelled, so that a task cannot fill srun's memory.
const LONGEST_LINE: usize = 1 << 20;

/// How output is to be handled.
#[derive(Clone, Debug)]
pub struct OutputOptions {
    /// Standard output.
    pub output: Target,
    /// Standard error.
    pub error: Target,
    /// Whether files are kept and added to.
    pub append: bool,
    /// `--label`
    pub label: bool,
}

/// An output file that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("Could not open {what} file {}: {error}", path.display())]
pub struct OpenError {
    what: &'static str,
    path: PathBuf,
    error: io::Error,
}

/// All output of a step.
#[derive(Debug)]
pub struct Outputs {
    sinks: Vec<Sink>,
    /// The sink of each rank, for standard output and for standard error.
    routes: [Vec<Option<usize>>; 2],
    /// Width of the label, with `--label`.
    label: Option<usize>,
    /// Beginnings of lines, by rank and stream.
    partial: HashMap<(u32, Stream), Vec<u8>>,
}

impl Outputs {
    /// Opens what the options name.
    pub fn open(options: &OutputOptions, names: &StepNames) -> Result<Self, OpenError> {
        let tasks = names.layout.iter().map(|(_, ranks)| ranks.len()).sum::<usize>();
        let label = options.label.then(|| tasks.saturating_sub(1).to_string().len());
        let mut outputs = Self {
            sinks: Vec::new(),
            routes: [vec![None; tasks], vec![None; tasks]],
            label,
            partial: HashMap::new(),
        };
        let mut files = HashMap::new();
        outputs.route(0, "stdout", options, names, &mut files)?;
        outputs.route(1, "stderr", options, names, &mut files)?;
        Ok(outputs)
    }

    fn route(
        &mut self,
        stream: usize,
        what: &'static str,
        options: &OutputOptions,
        names: &StepNames,
        files: &mut HashMap<PathBuf, usize>,
    ) -> Result<(), OpenError> {
        let target = if stream == 0 { &options.output } else { &options.error };
        let own = match target {
            Target::All | Target::Task(_) => {
                let fd = if stream == 0 {
                    io::stdout().as_fd().try_clone_to_owned()
                } else {
                    io::stderr().as_fd().try_clone_to_owned()
                };
                let failed = |error| OpenError { what, path: format!("/dev/{what}").into(), error };
                self.sinks.push(fd.and_then(Sink::new).map_err(failed)?);
                Some(self.sinks.len() - 1)
            }
            Target::None | Target::File(_) => None,
        };
        for (node, (_, ranks)) in names.layout.iter().enumerate() {
            for &rank in ranks {
                let sink = match target {
                    Target::All => own,
                    Target::Task(wanted) => own.filter(|_| rank == *wanted),
                    Target::None => None,
                    Target::File(pattern) => {
                        let path = names.path(pattern, node, rank);
                        Some(match files.get(&path) {
                            Some(sink) => *sink,
                            None => self.open_file(what, path, options.append, files)?,
                        })
                    }
                };
                if let Some(route) = self.routes[stream].get_mut(rank as usize) {
                    *route = sink;
                }
            }
        }
        Ok(())
    }

    fn open_file(
        &mut self,
        what: &'static str,
        path: PathBuf,
        append: bool,
        files: &mut HashMap<PathBuf, usize>,
    ) -> Result<usize, OpenError> {
        let mut how = OpenOptions::new();
        how.create(true).append(append).write(true).truncate(!append);
        match how.open(&path).and_then(|file| Sink::new(file.into())) {
            Ok(sink) => self.sinks.push(sink),
            Err(error) => return Err(OpenError { what, path, error }),
        }
        files.insert(path, self.sinks.len() - 1);
        Ok(self.sinks.len() - 1)
    }

    /// Takes a task's bytes; none are the stream's end. False when nobody reads the sink any more, told once.
    pub fn push(&mut self, rank: u32, stream: Stream, bytes: &[u8]) -> bool {
        let route = &self.routes[usize::from(stream == Stream::Stderr)];
        let Some(sink) = route.get(rank as usize).copied().flatten() else { return true };
        match self.label {
            None => self.sinks[sink].push(bytes),
            Some(width) => {
                let lines = self.lines(rank, stream, width, bytes);
                lines.is_empty() || self.sinks[sink].push(&lines)
            }
        }
    }

    /// The whole lines that `bytes` completes, each with its label. A line that the stream's end cuts off gets its end.
    fn lines(&mut self, rank: u32, stream: Stream, width: usize, bytes: &[u8]) -> Vec<u8> {
        let partial = self.partial.entry((rank, stream)).or_default();
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || partial.len() >= LONGEST_LINE {
                label(&mut lines, rank, width, partial);
            }
        }
        if bytes.is_empty() && !partial.is_empty() {
            label(&mut lines, rank, width, partial);
        }
        lines
    }

    /// Writes the beginnings of lines that never got their end.
    pub fn finish(&mut self) {
        let mut left: Vec<(u32, Stream)> = self.partial.keys().copied().collect();
        left.sort_unstable_by_key(|(rank, stream)| (*rank, *stream == Stream::Stderr));
        for (rank, stream) in left {
            self.push(rank, stream, &[]);
        }
    }

    /// Whether a sink has so much to write that no more should be brought.
    pub fn is_full(&self) -> bool {
        self.sinks.iter().any(Sink::is_full)
    }

    /// The sinks, to be waited for.
    pub fn sinks(&self) -> &[Sink] {
        &self.sinks
    }

    /// Writes what goes now; false as in [`Self::push`].
    pub fn flush(&mut self) -> bool {
        let mut read = true;
        for sink in &mut self.sinks {
            read &= sink.flush();
        }
        read
    }

    /// Whether something is still to be written.
    pub fn waits(&self) -> bool {
        self.sinks.iter().any(Sink::waits)
    }
}

fn label(lines: &mut Vec<u8>, rank: u32, width: usize, line: &mut Vec<u8>) {
    lines.extend_from_slice(format!("{rank:>width$}: ").as_bytes());
    lines.append(line);
    if lines.last() != Some(&b'\n') {
        lines.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_launcher::step::StepId;

    use super::*;

    fn names(dir: &std::path::Path, tasks: u32) -> StepNames {
        StepNames {
            job_id: 7,
            step: StepId::Number(0),
            job_name: "x".into(),
            user: "ada".into(),
            layout: vec![("n1".into(), (0..tasks).collect())],
            dir: dir.to_owned(),
        }
    }

    fn options(output: &str, error: &str, label: bool) -> OutputOptions {
        let target = |text: &str| Target::parse(text.as_ref(), 12);
        OutputOptions { output: target(output), error: target(error), append: false, label }
    }

    #[test]
    fn files_are_shared_or_a_task_s_own() {
        let dir = tempfile::tempdir().unwrap();
        let names = names(dir.path(), 2);
        let mut outputs = Outputs::open(&options("o.%j", "e.%t", false), &names).unwrap();
        outputs.push(0, Stream::Stdout, b"a");
        outputs.push(1, Stream::Stdout, b"b");
        outputs.push(1, Stream::Stderr, b"c");
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!((read("o.7"), read("e.0"), read("e.1")), ("ab".into(), String::new(), "c".into()));
    }

    #[test]
    fn both_streams_may_share_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let names = names(dir.path(), 12);
        let mut outputs = Outputs::open(&options("both", "both", true), &names).unwrap();
        outputs.push(3, Stream::Stdout, b"one\ntw");
        outputs.push(11, Stream::Stderr, b"err");
        outputs.push(3, Stream::Stdout, b"o\nthree");
        outputs.push(3, Stream::Stdout, b"");
        outputs.finish();
        let text = std::fs::read_to_string(dir.path().join("both")).unwrap();
        assert_eq!(text, " 3: one\n 3: two\n 3: three\n11: err\n");
    }

    #[test]
    fn nowhere_is_quiet() {
        let mut outputs = Outputs::open(&options("none", "none", false), &names("/".as_ref(), 1)).unwrap();
        assert!(outputs.push(0, Stream::Stdout, b"x"));
        assert!(!outputs.waits());
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Outputs::open(&options("no/o", "all", false), &names(dir.path(), 1)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("Could not open stdout file /") && text.contains("no/o: No such file"),
            "{text}"
        );
    }
}
