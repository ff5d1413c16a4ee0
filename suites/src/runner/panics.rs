//! Panics of a case: caught, so that one case cannot take the others' results with it, and told in the result rather than
//! on the terminal.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// What the last panic of this thread said, while a case runs on it.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic becomes its words and its place.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let watched =
                SAID.with_borrow_mut(|said| said.as_mut().map(|said| *said = info.to_string()).is_some());
            if !watched {
                usual(info);
            }
        }));
    });
    SAID.set(Some("panicked".to_owned()));
    let result = catch_unwind(AssertUnwindSafe(work));
    let said = SAID.take().unwrap_or_default();
    result.map_err(|_| said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_told_with_its_place() {
        let said = super::caught(|| panic!("no such {}", "thing")).unwrap_err();
        assert!(said.contains("no such thing") && said.contains("panics.rs"), "{said}");
        assert_eq!(super::caught(|| 7), Ok(7));
    }
}
