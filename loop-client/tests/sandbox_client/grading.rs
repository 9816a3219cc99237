//! Grades and dispositions, whose categories have another form in each version.

use futures_util::TryStreamExt as _;
use loop_client::{
    ApiVersion, Assessment, ConditionCategory, ConditionGrade, ConditionSubject,
    DispositionOutcome, Grade, GradedItem, LineItem, LineItemId, Personal, RawJson, Result,
    ReturnId, ReturnsQuery,
};
use serde_json::{Value, json};

use crate::shop::{Shop, not_sent, refused, shirts};

fn full(line: LineItemId, category: impl Into<ConditionCategory>, shop: &Shop) -> Grade {
    Grade::new(line, "A scratch on the lid")
        .category(category)
        .return_processor("bench-4@example.com")
        .note("Seen under light")
        .image("https://example.com/lid.jpg")
        .inspected_at(shop.now())
}

async fn detail(shop: &Shop, id: ReturnId) -> LineItem {
    let found = shop.client.returns().get(id).await.unwrap();
    found.lines()[0].clone()
}

async fn row(shop: &Shop, id: ReturnId) -> LineItem {
    let (from, to) = shop.around_now();
    let rows = shop.client.returns().list(ReturnsQuery::created(from, to));
    let rows: Vec<_> = rows.try_collect().await.unwrap();
    let found = rows.into_iter().find(|row| row.id == id).unwrap();
    found.lines()[0].clone()
}

fn said(json: Option<&RawJson>, key: &str) -> Value {
    json.map(|json| json.get()[key].clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_grade_shows_on_the_return_in_both_forms_of_the_category() {
    let subject = ConditionSubject::new("Item condition grade", "Grade A");
    let answered = subject.clone().grade(ConditionGrade::GradeA);
    let word = ConditionCategory::from(ConditionGrade::GradeA);
    for (version, sent, recorded) in [
        (ApiVersion::V2026_10, subject.into(), answered.into()),
        (ApiVersion::V2026_07, word.clone(), word.clone()),
        (ApiVersion::V1, word.clone(), word),
    ] {
        let shop = Shop::at(version.clone()).await;
        let id = shop.submit(shirts());
        let line = shop.lines(id)[0];
        let grades: [Grade; 1] = [full(line, sent, &shop)];
        let graded: Vec<GradedItem> = shop.client.grading().grade(&grades).await.unwrap();
        let [item] = &graded[..] else {
            panic!("{graded:?}")
        };
        assert_eq!(item.line_item_id, line);
        assert_eq!(item.condition_category, Some(recorded), "{version:?}");
        let texts = [&item.description, &item.return_processor, &item.note];
        assert_eq!(
            texts.map(|text| text.as_ref().map(Personal::reveal)),
            [
                Some("A scratch on the lid"),
                Some("bench-4@example.com"),
                Some("Seen under light")
            ]
        );
        assert_eq!(item.images, [Personal::from("https://example.com/lid.jpg")]);
        assert_eq!(item.inspected_at, Some(shop.now()));

        let condition = detail(&shop, id).await.condition;
        assert_eq!(said(condition.as_ref(), "condition_category"), "grade_a");
        let images = json!(["https://example.com/lid.jpg"]);
        assert_eq!(said(condition.as_ref(), "images"), images);
        let condition = row(&shop, id).await.condition;
        assert_eq!(said(condition.as_ref(), "category"), "grade_a");
        assert_eq!(shop.truth(id).state, "open");
    }
}

#[tokio::test]
async fn an_unknown_pair_of_subject_and_title_makes_a_category() {
    let shop = Shop::open().await;
    let line = shop.lines(shop.submit(shirts()))[0];
    let known = ("Item condition grade".to_owned(), "Grade A".to_owned());
    assert_eq!(
        shop.sandbox.condition_categories(),
        std::slice::from_ref(&known)
    );
    let smoky = ConditionSubject::new("Smell", "Smoke")
        .category_name("Odour")
        .category_parent("Wear");
    let grade = Grade::new(line, "smells").category(smoky.clone());
    let graded = shop.client.grading().grade(&[grade]).await.unwrap();
    assert_eq!(graded[0].condition_category, Some(smoky.into()));
    let made = ("Smell".to_owned(), "Smoke".to_owned());
    assert_eq!(shop.sandbox.condition_categories(), [known, made]);
}

#[tokio::test]
async fn the_wrong_form_of_a_category_is_not_sent_and_would_be_refused() {
    let subject = ConditionCategory::from(ConditionSubject::new("Smell", "Smoke"));
    let word = ConditionCategory::from(ConditionGrade::Junk);
    for (version, category) in [
        (ApiVersion::V2026_10, &word),
        (ApiVersion::Unstable, &word),
        (ApiVersion::V2026_07, &subject),
        (ApiVersion::V1, &subject),
    ] {
        let shop = Shop::at(version).await;
        let line = shop.lines(shop.submit(shirts()))[0];
        let grade = Grade::new(line, "bad").category(category.clone());
        not_sent(shop.client.grading().grade(&[grade]).await, "this version");
        assert!(shop.sandbox.calls().is_empty());
    }
    // What a version takes that the client does not know is Loop's to say.
    let shop = Shop::at(ApiVersion::Other("latest".to_owned())).await;
    let line = shop.lines(shop.submit(shirts()))[0];
    let grade = Grade::new(line, "bad").category(word);
    let refusal = shop.client.grading().grade(&[grade]).await;
    let words = "The condition category must be an object.";
    refused(refusal, "invalid", 422, words);
}

#[tokio::test]
async fn a_disposition_shows_on_the_return() {
    let outcomes = [
        DispositionOutcome::BackToStock,
        DispositionOutcome::ResaleHold,
        DispositionOutcome::Recycle,
        DispositionOutcome::Donate,
        DispositionOutcome::Missing,
    ];
    for version in [ApiVersion::V2026_10, ApiVersion::V2026_07] {
        let shop = Shop::at(version).await;
        for outcome in &outcomes {
            let id = shop.submit(shirts());
            let line = shop.lines(id)[0];
            let assessment = Assessment::new(line, outcome.clone())
                .return_processor("bench-4@example.com")
                .note("Bin 12")
                .inspected_at(shop.now());
            let assessed = shop.client.grading().assess(&[assessment]).await.unwrap();
            assert_eq!(assessed.len(), 1);
            assert_eq!(assessed[0].line_item_id, line);
            assert_eq!(assessed[0].disposition_outcome.as_ref(), Some(outcome));
            assert_eq!(assessed[0].inspected_at, Some(shop.now()));
            let note = assessed[0].note.as_ref().map(Personal::reveal);
            assert_eq!(note, Some("Bin 12"));
            let shown = detail(&shop, id).await.disposition;
            let shown = said(shown.as_ref(), "disposition_outcome");
            assert_eq!(shown, outcome.as_str());
            let shown = row(&shop, id).await.disposition;
            assert_eq!(said(shown.as_ref(), "outcome"), outcome.as_str());
        }
    }
}

#[tokio::test]
async fn one_foreign_line_refuses_the_whole_call() {
    let words = [
        "This action is unauthorized.",
        "items.1.line_item_id is invalid",
    ];
    for (version, kind, status, words) in [
        (ApiVersion::V2026_10, "unauthorized", 403, words[0]),
        (ApiVersion::V2026_07, "invalid", 422, words[1]),
    ] {
        let shop = Shop::at(version).await;
        let id = shop.submit(shirts());
        let lines = [shop.lines(id)[0], LineItemId::new(7).unwrap()];
        let grades = lines.map(|line| Grade::new(line, "as new"));
        let assess = lines.map(|line| Assessment::new(line, DispositionOutcome::Donate));
        let grading = shop.client.grading();
        refused(grading.grade(&grades).await, kind, status, words);
        refused(grading.assess(&assess).await, kind, status, words);
        let line = detail(&shop, id).await;
        assert_eq!((line.condition, line.disposition), (None, None));
    }
}

#[tokio::test]
async fn the_most_items_pass_and_one_more_is_not_sent() {
    let shop = Shop::open().await;
    let many = (0..31).map(|_| shop.lines(shop.submit(shirts()))[0]);
    let many: Vec<LineItemId> = many.collect();
    let grades: Vec<Grade> = many.iter().map(|line| Grade::new(*line, "ok")).collect();
    let graded: Result<Vec<GradedItem>> = shop.client.grading().grade(&grades[..30]).await;
    let lines: Vec<LineItemId> = graded.unwrap().iter().map(|it| it.line_item_id).collect();
    assert_eq!(lines, many[..30]);
    not_sent(shop.client.grading().grade(&grades).await, "at most 30");
    not_sent(shop.client.grading().grade(&[]).await, "no items");
    let thrown = DispositionOutcome::from("dispose");
    let refusal = [Assessment::new(many[0], thrown)];
    let refusal = shop.client.grading().assess(&refusal).await;
    let words = "The selected disposition outcome is invalid.";
    refused(refusal, "invalid", 422, words);
}
