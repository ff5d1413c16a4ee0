//! Frames on Unix sockets: a length of four bytes, little-endian, then a postcard message.
//!
//! Blocking for the client commands, whose start-up is part of every step; the daemons use [`read_async`] and
//! [`write_async`].

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest message: an environment and a batch script at their limits, and then some.
pub const MAX_FRAME: usize = 64 << 20;

fn bad(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

fn length(header: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(header) as usize;
    if length > MAX_FRAME { Err(bad(format!("a message of {length} bytes"))) } else { Ok(length) }
}

/// A message as it goes over the wire.
pub fn encode<M: Serialize>(message: &M) -> io::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(bad)?;
    let length = frame.len() - 4;
    if length > MAX_FRAME {
        return Err(bad(format!("a message of {length} bytes")));
    }
    frame[..4].copy_from_slice(&u32::try_from(length).map_err(bad)?.to_le_bytes());
    Ok(frame)
}

/// Writes one message.
pub fn write<M: Serialize>(to: &mut impl Write, message: &M) -> io::Result<()> {
    to.write_all(&encode(message)?)
}

/// Reads one message; none at the end of the stream.
pub fn read<M: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<M>> {
    let mut header = [0; 4];
    match from.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut body = vec![0; length(header)?];
    from.read_exact(&mut body)?;
    postcard::from_bytes(&body).map(Some).map_err(bad)
}

/// Writes one message.
pub async fn write_async<M: Serialize>(to: &mut (impl AsyncWrite + Unpin), message: &M) -> io::Result<()> {
    to.write_all(&encode(message)?).await
}

/// Reads one message; none at the end of the stream.
pub async fn read_async<M: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<M>> {
    let mut header = [0; 4];
    match from.read_exact(&mut header).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut body = vec![0; length(header)?];
    from.read_exact(&mut body).await?;
    postcard::from_bytes(&body).map(Some).map_err(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut wire = Vec::new();
        write(&mut wire, &("srun", 3)).unwrap();
        write(&mut wire, &("", 0)).unwrap();
        let mut from = wire.as_slice();
        assert_eq!(read(&mut from).unwrap(), Some((String::from("srun"), 3)));
        assert_eq!(read(&mut from).unwrap(), Some((String::new(), 0)));
        assert_eq!(read::<(String, i32)>(&mut from).unwrap(), None);
    }

    #[test]
    fn an_absurd_length_is_refused_before_it_is_allocated() {
        let mut wire: &[u8] = &[0xff; 8];
        assert_eq!(read::<u8>(&mut wire).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
