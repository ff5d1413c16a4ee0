//! The way to the controller: the folder of SLURM_CONF, where a mock cluster's sockets are.

use std::path::{Path, PathBuf};

/// Why no controller was found.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// SLURM_CONF is not set.
    #[error(
        "SLURM_CONF is not set, so no cluster is known; run inside `plimsoll shell`, or set it to a mock cluster's slurm.conf"
    )]
    NoConf,
    /// The file is not there.
    #[error("cannot read {0}, which SLURM_CONF names: {1}")]
    Unreadable(PathBuf, std::io::Error),
}

/// The `slurm.conf` that SLURM_CONF names.
pub fn slurm_conf() -> Result<PathBuf, ConnectError> {
    let path = PathBuf::from(
        std::env::var_os("SLURM_CONF").filter(|path| !path.is_empty()).ok_or(ConnectError::NoConf)?,
    );
    std::fs::metadata(&path).map_err(|error| ConnectError::Unreadable(path.clone(), error))?;
    Ok(path)
}

/// The folder of the cluster whose `slurm.conf` this is.
pub fn folder(conf: &Path) -> &Path {
    conf.parent().unwrap_or(Path::new("."))
}
