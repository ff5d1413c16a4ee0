//! What a fault makes of the answer to the question for a state. Pure.

use serde_json::{Value, json};

use super::Fault;

/// How long the longest answer is, in bytes.
const HUGE: usize = 10 << 20;

/// The answer of a runtime with this fault, where a sound one says `state`; none where the fault is about something else.
pub(super) fn answer(fault: Fault, mut state: Value) -> Option<String> {
    match fault {
        Fault::StateNothing => return Some(String::new()),
        Fault::StateRubbish => return Some("status: \u{7}not { json\n".to_owned()),
        Fault::StateHalf => {
            let text = state.to_string();
            return Some(text.chars().take(text.chars().count() / 2).collect());
        }
        Fault::StateHuge => {
            return Some(format!("{{\"padding\":\"{}\",{}", "x".repeat(HUGE), &state.to_string()[1..]));
        }
        Fault::StateUpperCase => {
            let status = state["status"].as_str().unwrap_or_default().to_uppercase();
            state["status"] = json!(status);
        }
        Fault::StateUnknown => state["status"] = json!("pondering"),
        Fault::StateRunning => state["status"] = json!("running"),
        Fault::StateStopped if state["status"] == "running" => state["status"] = json!("stopped"),
        Fault::StateCreating => state["status"] = json!("creating"),
        Fault::StateWithoutPid => {
            state.as_object_mut()?.remove("pid");
        }
        Fault::StateWrongPid => state["pid"] = json!(std::process::id()),
        Fault::StateWrongId => state["id"] = json!("another"),
        Fault::StateStopped | Fault::StateOnStderr => {}
        _ => return None,
    }
    Some(format!("{state:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_wrong_one_at_a_time() {
        let said = |fault| answer(fault, json!({ "status": "running", "pid": 7, "id": "x" }));
        let status = |fault| {
            let parsed: Value = serde_json::from_str(&said(fault).unwrap()).unwrap();
            parsed["status"].as_str().unwrap().to_owned()
        };
        assert_eq!(said(Fault::StateNothing).unwrap(), "");
        assert!(serde_json::from_str::<Value>(&said(Fault::StateHalf).unwrap()).is_err());
        assert!(serde_json::from_str::<Value>(&said(Fault::StateRubbish).unwrap()).is_err());
        assert!(said(Fault::StateHuge).unwrap().len() > HUGE);
        assert_eq!(status(Fault::StateHuge), "running");
        assert_eq!(status(Fault::StateUpperCase), "RUNNING");
        assert_eq!(status(Fault::StateStopped), "stopped");
        assert!(!said(Fault::StateWithoutPid).unwrap().contains("pid"));
        assert_eq!(said(Fault::CodeLost), None);
    }
}
