//! TCP ports for a cluster's daemons: below the range from which the kernel hands them out, and no other cluster's.

use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

/// Ports of one block; the controller has the first, the nodes follow.
const BLOCK: u16 = 16;
/// First port that is used.
const FIRST: u16 = 20_000;
/// First port that is not: 32768 and above are the kernel's to hand out, and a client may have got any of them.
const END: u16 = 32_000;

/// Ports in a row that are nobody else's as long as this lives.
#[derive(Debug)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// Names in the kernel that hold the blocks; two clusters that start at the same time would find the same ports free.
    _held: Vec<UnixListener>,
}

impl Ports {
    /// Takes `count` ports in a row that are free on the loopback address; none when there are none left.
    pub fn take(count: u16) -> Option<Self> {
        let blocks = count.div_ceil(BLOCK);
        let all = (END - FIRST) / BLOCK;
        // Not everybody begins at the same place.
        let offset = u16::try_from(std::process::id() % u32::from(all)).unwrap_or_default();
        (0..all).map(|number| (number + offset) % all).find_map(|block| {
            if block + blocks > all {
                return None;
            }
            let held = (block..block + blocks).map(hold).collect::<Option<Vec<_>>>()?;
            let first = FIRST + block * BLOCK;
            let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            (first..first + count).all(free).then_some(Self { first, _held: held })
        })
    }
}

fn hold(block: u16) -> Option<UnixListener> {
    let name = SocketAddr::from_abstract_name(format!("plimsoll-ports-{block}")).ok()?;
    UnixListener::bind_addr(&name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_get_the_same_ports() {
        let (one, other, many) = (Ports::take(2).unwrap(), Ports::take(2).unwrap(), Ports::take(33).unwrap());
        assert_ne!(one.first, other.first);
        let within = many.first..many.first + 33;
        assert!(!within.contains(&one.first) && !within.contains(&other.first));
        assert!(many.first >= FIRST && many.first + 33 <= END);
    }
}
