//! A webhook of the topic `return` is read at one go, whatever order and spelling its keys come in;
//! it must mean what it means when envelope and return are read one after the other.

use loop_client::Return;
use loop_client::webhook::{Event, Topic, Trigger};
use proptest::prelude::*;
use proptest::sample::select;

use super::generators::row;
use super::shapes::RETURN;
use super::two_passes::return_event;

fn decoded_as_return(body: &[u8]) -> Option<(Option<Trigger>, Return)> {
    match Event::decode(body) {
        Ok(Event::Return(event)) => Some((event.trigger, event.data)),
        _ => None,
    }
}

/// A member as text: in a map no key could come twice.
fn member() -> impl Strategy<Value = String> {
    let keys = [
        "topic",
        "t\\u006fpic",
        "Topic",
        "trigger",
        "trigge\\u0072",
        "id",
        "state",
        "new_key",
        "",
    ];
    let values = [
        r#""return""#,
        r#"" RETURN\n""#,
        r#""r\u0065turn""#,
        r#""label""#,
        r#""return.created""#,
        r#""return.reopened""#,
        r#""""#,
        r#""N/A""#,
        r#""\ud800""#,
        "null",
        "true",
        "7",
        "-0.5",
        "1e400",
        "[]",
        r#"["return"]"#,
        r#"{"topic":"return"}"#,
        "{",
    ];
    (select(keys.to_vec()), select(values.to_vec()))
        .prop_map(|(key, value)| format!("\"{key}\" : {value}"))
}

/// Mostly a readable return with some members too many.
fn body() -> impl Strategy<Value = String> {
    let topic = prop_oneof![3 => Just(Some(r#""topic":"return""#)), 1 => Just(None)];
    let members = (row(&RETURN), prop::collection::vec(member(), 0..4), topic);
    let members = members.prop_flat_map(|(row, more, topic)| {
        let row = row.sent.iter().map(|(key, value)| {
            let key = serde_json::to_string(key).unwrap();
            format!("{key}:{value}")
        });
        let topic = topic.map(str::to_owned);
        Just(row.chain(more).chain(topic).collect::<Vec<_>>()).prop_shuffle()
    });
    let after = prop_oneof![9 => Just(""), 1 => select(vec![" \n", "}", "x", "{}"])];
    (members, after).prop_map(|(members, after)| format!("{{{}}}{after}", members.join(",")))
}

proptest! {
    #[test]
    fn one_pass_reads_what_two_would(body in body()) {
        prop_assert_eq!(decoded_as_return(body.as_bytes()), return_event(body.as_bytes()));
    }
}

#[test]
fn keys_of_the_envelope_may_stand_anywhere() {
    let created = Some(Trigger::ReturnCreated);
    for (body, trigger) in [
        (
            r#"{"topic":"return","trigger":"return.created","id":1}"#,
            created.clone(),
        ),
        (
            r#"{"id":1,"trigger":"return.created","topic":"return"}"#,
            created.clone(),
        ),
        (
            r#"{"id":1,"trigge\u0072":" Return.Created","t\u006fpic":" RETURN "}"#,
            created,
        ),
        (r#"{"topic":"return","id":1}"#, None),
        (r#"{"topic":"return","id":1,"trigger":"N/A"}"#, None),
        (
            r#"{"topic":"return","id":1,"trigger":null,"customer_detail":{"topic":"label"}}"#,
            None,
        ),
    ] {
        let (found, ret) = decoded_as_return(body.as_bytes()).expect(body);
        assert_eq!((found, ret.id.get()), (trigger, 1), "{body}");
    }
}

#[test]
fn what_is_wrong_is_told_as_ever() {
    for (body, error) in [
        (
            r#"{"id":1}"#,
            "expected the field topic at line 1, column 8",
        ),
        (
            r#"{"topic":"","id":1}"#,
            "expected a webhook topic at topic (line 1, column 11)",
        ),
        (
            r#"{"topic":"return"}"#,
            "expected the field id at line 1, column 18",
        ),
        (
            r#"{"topic":"return","id":1,"topic":"return"}"#,
            "expected the field topic only once at line 1, column 32",
        ),
        (
            r#"{"topic":"return","trigger":"x","id":1,"trigger":"x"}"#,
            "expected the field trigger only once at line 1, column 48",
        ),
        (
            r#"{"topic":"return","id":1,"id":1}"#,
            "expected the field id only once at line 1, column 29",
        ),
        (
            r#"{"topic":"return","id":"x"}"#,
            "expected a Loop return id at id (line 1, column 27)",
        ),
        (
            r#"{"topic":"return","trigger":[1],"id":1}"#,
            "expected a webhook trigger at trigger (line 1, column 31)",
        ),
        (
            r#"{"topic":"return","id":1} x"#,
            "expected well-formed JSON at line 1, column 27",
        ),
        (r#"["return"]"#, "expected an object at line 1, column 1"),
    ] {
        let refused = Event::decode(body.as_bytes()).expect_err(body);
        assert_eq!(refused.to_string(), error, "{body}");
    }
    let label = Event::decode(br#"{"id":1,"topic":"label"}"#).expect("a label");
    assert_eq!(label.topic(), Topic::Label);
}
