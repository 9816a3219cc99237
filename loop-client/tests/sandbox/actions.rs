use loop_client::sandbox::{Processing, Sandbox};
use serde_json::{Value, json};

use crate::api::*;

fn state_error(state: &str) -> Value {
    let message = format!("Return is {state} and therefore cannot be processed.");
    coded(&message, "UNPROCESSABLE_RETURN")
}

fn bare_message(state: &str) -> Value {
    json!({"message": format!("Return is {state} and therefore cannot be processed.")})
}

fn bare_content(state: &str) -> Value {
    json!({"content": format!("Return is {state} and cannot be processed.")})
}

fn no_flag(state: &str) -> Value {
    let message = format!("Return is {state} and therefore cannot be flagged.");
    coded(&message, "UNPROCESSABLE_RETURN")
}

const STATES: [(&str, bool); 7] = [
    ("open", false),
    ("open", true),
    ("review", false),
    ("review", true),
    ("closed", false),
    ("cancelled", false),
    ("expired", false),
];

/// Runs an action once in each of [`STATES`] and compares the answers.
async fn check_action(action: &str, expected: [Value; 7]) {
    let mut sandboxes = Vec::new();
    for flag_moves_to_review in [true, false] {
        let sandbox = Sandbox::builder()
            .processing(Processing::Held)
            .flag_moves_to_review(flag_moves_to_review)
            .start()
            .await
            .unwrap();
        sandboxes.push(sandbox);
    }
    for ((state, flagged), expected) in STATES.into_iter().zip(expected) {
        let sandbox = &sandboxes[usize::from(state == "open")];
        let api = Api::of(sandbox);
        let id = sandbox.create_return(shirts());
        if flagged {
            assert_eq!(api.act(id, "flag").await.body, true);
        } else {
            assert!(sandbox.set_state(id, state));
        }
        let label = format!("{action} in {state}, flagged {flagged}");
        assert_eq!(truth_of(sandbox, id).state, state, "{label}");
        let answer = api.act(id, action).await;
        assert_eq!(answer.status, 200, "{label}");
        assert_eq!(answer.body, expected, "{label}");
    }
}

#[tokio::test]
async fn process_in_each_state() {
    let flagged = coded(
        "Return is open and therefore cannot be processed.",
        "UNPROCESSABLE_FLAGGED_RETURN",
    );
    let expected = [
        json!(true),
        flagged,
        bare_message("review"),
        bare_message("review"),
        state_error("closed"),
        bare_message("cancelled"),
        state_error("expired"),
    ];
    check_action("process", expected).await;
}

#[tokio::test]
async fn flag_in_each_state() {
    let expected = [
        json!(true),
        no_flag("flagged"),
        json!(true),
        no_flag("flagged"),
        no_flag("closed"),
        no_flag("cancelled"),
        no_flag("expired"),
    ];
    check_action("flag", expected).await;
}

#[tokio::test]
async fn cancel_in_each_state() {
    let expected = [
        json!(true),
        bare_content("flagged"),
        state_error("review"),
        bare_content("flagged"),
        state_error("closed"),
        state_error("cancelled"),
        bare_content("expired"),
    ];
    check_action("cancel", expected).await;
}

#[tokio::test]
async fn close_in_each_state() {
    let expected = [
        json!(true),
        json!(true),
        json!(true),
        json!(true),
        state_error("closed"),
        bare_message("cancelled"),
        state_error("expired"),
    ];
    check_action("close", expected).await;
}

#[tokio::test]
async fn an_unknown_return_is_refused_with_200() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let expected = json!({"errors": {"message": "No return found with this ID."}});
    for id in ["1", "0", "abc", "99999999999999999999999"] {
        for action in ["process", "flag", "cancel", "close"] {
            let path = format!("/warehouse/return/{id}/{action}");
            let answer = api.post(&path, None).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.body, expected, "{path}");
        }
        let path = format!("/warehouse/return/{id}/notes");
        assert_eq!(api.get(&path, &[]).await.body, expected, "{path}");
        let path = format!("/warehouse/return/{id}/note");
        let note = json!({"content": "x"});
        assert_eq!(api.post(&path, Some(&note)).await.body, expected, "{path}");
    }
}
