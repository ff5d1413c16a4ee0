//! Byte strings in one piece, `#[serde(with = "bytes")]`: left to itself serde takes a `Vec<u8>` byte by byte, which costs
//! more than all the rest of a stream's way.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

/// Writes the bytes; the same on the wire as a list of them.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// Reads them.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_byte_buf(Bytes)
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Whole(#[serde(with = "super")] Vec<u8>);

    #[test]
    fn they_are_on_the_wire_what_a_list_is() {
        let bytes = vec![0, 1, 255];
        let wire = postcard::to_stdvec(&Whole(bytes.clone())).unwrap();
        assert_eq!(wire, postcard::to_stdvec(&bytes).unwrap());
        assert_eq!(postcard::from_bytes::<Whole>(&wire).unwrap(), Whole(bytes));
    }
}
