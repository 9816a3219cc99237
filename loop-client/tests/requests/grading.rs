use loop_client::{
    ApiVersion, Assessment, Client, ConditionCategory, ConditionGrade, ConditionSubject,
    DispositionOutcome, Effect, Grade, LineItemId, Personal,
};
use serde_json::{Value, json};

use crate::{NO_ANSWERS, Recorder, client, client_of, fails, refuses, sends};

const GRADE: &str = "POST /api/2026-10/dispositioning/grade";
const ASSESS: &str = "POST /api/2026-10/dispositioning/assess";

fn line() -> LineItemId {
    LineItemId::new(7).unwrap()
}

fn subject() -> ConditionSubject {
    ConditionSubject::new("Item condition grade", "Grade A")
}

fn plain() -> Grade {
    Grade::new(line(), "As new")
}

fn plain_assessment() -> Assessment {
    Assessment::new(line(), DispositionOutcome::BackToStock)
}

#[tokio::test]
async fn grades_send_what_is_documented() {
    let time = "2026-03-31T23:59:59.750+02:00".parse().unwrap();
    let whole = plain()
        .category(
            subject()
                .grade(ConditionGrade::GradeA)
                .category_name("Shoes")
                .category_parent("Apparel"),
        )
        .return_processor("dock@example.com")
        .note("Scuffed heel")
        .image("https://example.com/1.jpg")
        .image("https://example.com/2.jpg")
        .inspected_at(time);
    let body = json!({ "items": [
        {
            "line_item_id": 7,
            "description": "As new",
            "condition_category": {
                "subject": "Item condition grade",
                "title": "Grade A",
                "grade": "grade_a",
                "category_name": "Shoes",
                "category_parent": "Apparel",
            },
            "images": ["https://example.com/1.jpg", "https://example.com/2.jpg"],
            "return_processor": "dock@example.com",
            "note": "Scuffed heel",
            "inspected_at": "2026-03-31 21:59:59",
        },
        { "line_item_id": 7, "description": "As new" },
    ] });
    let printed = format!("{whole:?}");
    for secret in ["As new", "dock@", "Scuffed"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let items = [whole, plain()];
    let call = async |it: Client| it.grading().grade(&items).await;
    // Loop answers with the same fields.
    let answer = body["items"].to_string();
    let graded = sends(call, GRADE, Some(body.clone()), (200, &answer)).await;
    let [first, second] = &graded[..] else {
        panic!("{graded:?}")
    };
    assert_eq!(first.line_item_id, line());
    assert_eq!(first.description.as_ref().unwrap().reveal(), "As new");
    assert_eq!(first.images.len(), 2);
    assert_eq!(
        first.inspected_at,
        Some("2026-03-31T21:59:59Z".parse().unwrap())
    );
    let Some(ConditionCategory::Subject(category)) = &first.condition_category else {
        panic!("{first:?}")
    };
    assert_eq!(category.grade, Some(ConditionGrade::GradeA));
    assert_eq!(category.category_parent.as_deref(), Some("Apparel"));
    assert_eq!((&second.condition_category, &second.note), (&None, &None));
    let printed = format!("{graded:?}");
    for secret in ["As new", "dock@", "Scuffed"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn dispositions_send_what_is_documented() {
    let time = "2026-03-31T21:59:59Z".parse().unwrap();
    let whole = Assessment::new(line(), DispositionOutcome::from("sold_for_parts"))
        .return_processor("dock@example.com")
        .note("Torn")
        .inspected_at(time);
    let body = json!({ "items": [
        {
            "line_item_id": 7,
            "disposition_outcome": "sold_for_parts",
            "return_processor": "dock@example.com",
            "note": "Torn",
            "inspected_at": "2026-03-31 21:59:59",
        },
        { "line_item_id": 7, "disposition_outcome": "back_to_stock" },
    ] });
    let items = [whole, plain_assessment()];
    let call = async |it: Client| it.grading().assess(&items).await;
    let answer = body["items"].to_string();
    let assessed = sends(call, ASSESS, Some(body.clone()), (200, &answer)).await;
    assert_eq!(assessed.len(), 2);
    assert_eq!(
        assessed[1].disposition_outcome,
        Some(DispositionOutcome::BackToStock)
    );
    assert_eq!(assessed[0].inspected_at, Some(time));
    let printed = format!("{items:?} {assessed:?}");
    assert!(
        !printed.contains("dock@") && !printed.contains("Torn"),
        "{printed}"
    );
}

/// Which form goes out under which version, and which is refused.
#[tokio::test]
async fn each_version_gets_the_form_it_takes() {
    let word = || plain().category(ConditionGrade::GradeB);
    let object = || plain().category(subject());
    let other = |text: &str| ApiVersion::Other(text.to_owned());
    for (version, takes_word, takes_object) in [
        (ApiVersion::V1, true, false),
        (ApiVersion::V2026_07, true, false),
        (ApiVersion::V2026_10, false, true),
        (ApiVersion::Unstable, false, true),
        (other("2026-07"), true, false),
        (other("2027-01"), true, true),
        (other("latest"), true, true),
    ] {
        for (grade, takes, form) in [
            (word(), takes_word, json!("grade_b")),
            (
                object(),
                takes_object,
                json!({ "subject": "Item condition grade", "title": "Grade A" }),
            ),
        ] {
            let items = [plain(), grade];
            let call = async |it: Client| it.grading().grade(&items).await;
            if !takes {
                refuses(call, version.clone(), "this version of Loop's API").await;
                continue;
            }
            let recorder = Recorder::new(&[(200, "[]")]);
            call(client_of(&recorder, version.clone())).await.unwrap();
            let sent = recorder.sent();
            let path = format!("POST /api/{}/dispositioning/grade", version.as_str());
            assert_eq!((sent.len(), &sent[0].0), (1, &path));
            let body = sent[0].1.as_ref().unwrap();
            assert_eq!(body["items"][1]["condition_category"], form, "{version:?}");
        }
    }
}

#[tokio::test]
async fn both_forms_are_read_whatever_was_sent() {
    for (form, expected) in [
        (json!("grade_c"), Some(ConditionGrade::GradeC.into())),
        (
            json!("grade_e"),
            Some(ConditionGrade::Unknown("grade_e".into()).into()),
        ),
        (
            json!({ "subject": "Item condition grade", "title": "Grade A", "id": 4 }),
            Some(subject().into()),
        ),
        (
            json!({ "subject": "Item condition grade", "title": "Grade A", "grade": "junk" }),
            Some(subject().grade(ConditionGrade::Junk).into()),
        ),
        (Value::Null, None),
        (json!(""), None),
        (json!({}), None),
        (json!([]), None),
        (json!(["Item condition grade", "Grade A"]), None),
        (json!(7), None),
        (json!({ "subject": "Item condition grade" }), None),
    ] {
        let answer = json!([{ "line_item_id": "7", "condition_category": form }]).to_string();
        let recorder = Recorder::new(&[(200, &answer)]);
        let graded = client(&recorder).grading().grade(&[plain()]).await.unwrap();
        assert_eq!(graded[0].condition_category, expected, "{form}");
    }
}

#[tokio::test]
async fn every_limit_of_a_grade_is_kept() {
    let long = |count| "ü".repeat(count);
    let images = |count: usize| (0..count).fold(plain(), |it, _| it.image("https://x"));
    let wide = |it: fn(ConditionSubject, String) -> ConditionSubject, count| {
        plain().category(it(subject(), long(count)))
    };
    for (good, bad, what) in [
        (
            Grade::new(line(), long(255)),
            Grade::new(line(), long(256)),
            "255 characters",
        ),
        (
            plain().return_processor(long(100)),
            plain().return_processor(long(101)),
            "100 characters",
        ),
        (
            plain().note(long(65_535)),
            plain().note(long(65_536)),
            "65,535 characters",
        ),
        (images(5), images(6), "5 images"),
        (
            plain().image(long(2_048)),
            plain().image(long(2_049)),
            "2,048 characters",
        ),
        (plain(), Grade::new(line(), " "), "needs a description"),
        (plain(), plain().image(""), "image is blank"),
        (
            plain().category(ConditionSubject::new(long(100), long(100))),
            plain().category(ConditionSubject::new(long(101), "x")),
            "100 characters",
        ),
        (
            plain(),
            plain().category(ConditionSubject::new("x", long(101))),
            "100 characters",
        ),
        (
            wide(ConditionSubject::category_name, 100),
            wide(ConditionSubject::category_name, 101),
            "100 characters",
        ),
        (
            wide(ConditionSubject::category_parent, 100),
            wide(ConditionSubject::category_parent, 101),
            "100 characters",
        ),
        (
            wide(|it, text| it.grade(ConditionGrade::Unknown(text)), 100),
            wide(|it, text| it.grade(ConditionGrade::Unknown(text)), 101),
            "100 characters",
        ),
        (
            plain(),
            plain().category(ConditionSubject::new("", "x")),
            "needs a subject",
        ),
        (
            plain(),
            plain().category(ConditionSubject::new("x", "")),
            "needs a title",
        ),
    ] {
        let recorder = Recorder::new(&[(200, "[]")]);
        client(&recorder).grading().grade(&[good]).await.unwrap();
        let items = [plain(), bad];
        let call = async |it: Client| it.grading().grade(&items).await;
        refuses(call, ApiVersion::default(), what).await;
    }
    for (count, what) in [(0, "no items"), (31, "at most 30")] {
        let items = vec![plain(); count];
        let call = async |it: Client| it.grading().grade(&items).await;
        refuses(call, ApiVersion::default(), what).await;
    }
    let recorder = Recorder::new(&[(200, "[]")]);
    let most = vec![plain(); 30];
    client(&recorder).grading().grade(&most).await.unwrap();
}

#[tokio::test]
async fn every_limit_of_a_disposition_is_kept() {
    let long = |count| "ü".repeat(count);
    for (items, what) in [
        (vec![], "no items"),
        (vec![plain_assessment(); 31], "at most 30"),
        (
            vec![plain_assessment().return_processor(long(101))],
            "100 characters",
        ),
        (
            vec![plain_assessment().note(long(65_536))],
            "65,535 characters",
        ),
        (
            vec![Assessment::new(line(), DispositionOutcome::from(" "))],
            "outcome is blank",
        ),
    ] {
        let call = async |it: Client| it.grading().assess(&items).await;
        refuses(call, ApiVersion::default(), what).await;
    }
    let most = vec![
        plain_assessment()
            .return_processor(long(100))
            .note(long(65_535));
        30
    ];
    let recorder = Recorder::new(&[(200, "[]")]);
    client(&recorder).grading().assess(&most).await.unwrap();
}

#[tokio::test]
async fn refusals_and_nonsense_are_no_grades() {
    let grade = async |it: Client| it.grading().grade(&[plain()]).await;
    let assess = async |it: Client| it.grading().assess(&[plain_assessment()]).await;
    for (status, body, kind) in [
        (
            422,
            r#"{"message":"Bad input.","errors":{"items.0.condition_category":["Give an object."]}}"#,
            "invalid",
        ),
        (
            403,
            r#"{"message":"That line is of another shop."}"#,
            "unauthorized",
        ),
        (401, r#"{"errors":"Unauthorized."}"#, "unauthorized"),
    ] {
        fails(grade, (status, body), kind, Effect::NotApplied).await;
        fails(assess, (status, body), kind, Effect::NotApplied).await;
    }
    let halves = [
        "{}",
        r#"{"message":"Thank you."}"#,
        "[{}]",
        r#"[{"line_item_id":0}]"#,
        r#"[{"line_item_id":null}]"#,
    ];
    for body in NO_ANSWERS.into_iter().chain(halves) {
        fails(grade, (200, body), "unreadable", Effect::Unknown).await;
        fails(assess, (200, body), "unreadable", Effect::Unknown).await;
    }
    fails(grade, (500, "<html>"), "server", Effect::Unknown).await;
    // What only informs does not undo the rest.
    let odd = r#"[{"line_item_id":7,"note":{},"images":[1,"https://x"],"inspected_at":"N/A"}]"#;
    let recorder = Recorder::new(&[(200, odd)]);
    let graded = client(&recorder).grading().grade(&[plain()]).await.unwrap();
    assert_eq!(graded[0].images, [Personal::from("https://x")]);
    assert!(graded[0].note.is_none() && graded[0].inspected_at.is_none());
}
