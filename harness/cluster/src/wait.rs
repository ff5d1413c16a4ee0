//! Looking until something holds that nobody announces.

use std::time::{Duration, Instant};

/// Looks every `pause` until something holds, or the time is up; says whether it held.
pub fn until(within: Duration, pause: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        // The pause between two looks at what nobody announces.
        std::thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_ends_when_it_holds_or_when_the_time_is_up() {
        let mut left = 3;
        assert!(until(Duration::from_secs(10), Duration::from_millis(1), || {
            left -= 1;
            left == 0
        }));
        assert!(!until(Duration::ZERO, Duration::ZERO, || false));
    }
}
