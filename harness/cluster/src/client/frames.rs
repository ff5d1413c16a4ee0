//! Messages over sockets that must not block: bytes are collected until a message is whole, and kept until they are
//! sent.

use std::io::{self, ErrorKind, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

use crate::wire::{self, MAX_FRAME};

/// How much is read at a time.
const READ_SIZE: usize = 64 << 10;
/// The length in front of a message.
const HEADER: usize = 4;

/// Bytes that came in, and how many of them were handed out already.
#[derive(Debug, Default)]
pub struct Incoming {
    bytes: Vec<u8>,
    used: usize,
}

impl Incoming {
    /// Reads once; how many bytes came: 0 at the end of the stream, none when there is nothing to read now.
    pub fn fill(&mut self, from: &mut impl Read) -> io::Result<Option<usize>> {
        if self.used > 0 {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        let had = self.bytes.len();
        self.bytes.resize(had + READ_SIZE, 0);
        let result = loop {
            match from.read(&mut self.bytes[had..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.bytes.truncate(had + result.as_ref().map_or(0, |count| *count));
        match result {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            // Whoever was killed may leave a reset behind instead of an end.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    /// The next whole message, if there is one.
    pub fn take<M: DeserializeOwned>(&mut self) -> io::Result<Option<M>> {
        let rest = &self.bytes[self.used..];
        let Some((header, rest)) = rest.split_first_chunk::<HEADER>() else { return Ok(None) };
        let length = u32::from_le_bytes(*header) as usize;
        let bad = |what: String| io::Error::new(ErrorKind::InvalidData, what);
        if length > MAX_FRAME {
            return Err(bad(format!("a message of {length} bytes")));
        }
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = postcard::from_bytes(body).map_err(|error| bad(error.to_string()))?;
        self.used += HEADER + length;
        Ok(Some(message))
    }
}

/// Bytes that are to go out.
#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// Adds a message.
    pub fn push<M: Serialize>(&mut self, message: &M) -> io::Result<()> {
        self.bytes.extend_from_slice(&wire::encode(message)?);
        Ok(())
    }

    /// How many bytes wait.
    pub const fn waiting(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Sends as much as goes without waiting.
    pub fn flush(&mut self, to: &mut impl Write) -> io::Result<()> {
        while self.waiting() > 0 {
            match to.write(&self.bytes[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(())
    }

    /// Forgets what waits: nobody will take it.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a read.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn messages_are_put_together_from_pieces() {
        let mut out = Outgoing::default();
        out.push(&("one", 1)).unwrap();
        out.push(&("two", 2)).unwrap();
        let mut wire = Vec::new();
        out.flush(&mut wire).unwrap();
        let (mut from, mut incoming) = (Trickle(&wire), Incoming::default());
        let mut seen: Vec<(String, i32)> = Vec::new();
        while incoming.fill(&mut from).unwrap() != Some(0) {
            while let Some(message) = incoming.take().unwrap() {
                seen.push(message);
            }
        }
        assert_eq!(seen, [("one".to_owned(), 1), ("two".to_owned(), 2)]);
    }

    #[test]
    fn what_does_not_fit_waits() {
        /// Takes three bytes and then no more.
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let count = bytes.len().min(self.0);
                self.0 -= count;
                if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = Outgoing::default();
        out.push(&7_u64).unwrap();
        assert_eq!(out.waiting(), 5);
        out.flush(&mut Full(3)).unwrap();
        assert_eq!(out.waiting(), 2);
    }
}
