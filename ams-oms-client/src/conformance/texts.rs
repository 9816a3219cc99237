//! Odd but legal content.

use super::stage::{Stage, line_ref, rma, unchanged, units};
use super::verdict::{Checked, done, ensure, fail, needs, offered};
use super::{Rule, tell};
use crate::{CancelOutcome, CreateOutcome, Parcel, Rma, RmaLine};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "odd-text-kept",
        "SKUs and line references are kept to the letter, whatever their characters.",
        |stage| Box::pin(odd_text_kept(stage)),
    ),
    Rule::new(
        "long-text-taken",
        "Long texts for people are taken, and long keys are kept.",
        |stage| Box::pin(long_text_taken(stage)),
    ),
    Rule::new(
        "large-quantities-kept",
        "Quantities are kept up to the largest that an RMA can have.",
        |stage| Box::pin(large_quantities_kept(stage)),
    ),
    Rule::new(
        "optional-parts-absent",
        "Lines without SKU, barcode and title are taken, if line references are given back.",
        |stage| Box::pin(optional_parts_absent(stage)),
    ),
    Rule::new(
        "any-reason-taken",
        "Any text is taken as the reason of a cancellation, none included.",
        |stage| Box::pin(any_reason_taken(stage)),
    ),
];

const ODD: [&str; 5] = [
    "Ärmel-Größe_Š",
    "'; DROP TABLE rma;--",
    "\"a\\b\" <c> & {d} %s $(e)",
    "  blanks inside  and around ",
    "👕/試-\u{202e}א e\u{301}",
];

async fn odd_text_kept(stage: &Stage<'_>) -> Checked {
    for (n, text) in (0..).zip(ODD) {
        let goods = [(text, text, 1), ("2", "SKU-A", 1)];
        let promise = stage.rma(n, &goods)?;
        stage.announce(&promise).await?;
        let read = stage.read(&promise.key()).await?;
        for line in &promise.lines {
            let kept = read.lines.iter().any(|told| {
                told.sku == line.sku
                    && told
                        .line_ref
                        .as_ref()
                        .is_none_or(|told| *told == line.line_ref)
            });
            ensure(kept, || {
                let lines = tell::lines(&read.lines);
                format!("SKU {:?} is not among the lines {lines}", line.sku)
            })?;
        }
        match stage.create(&promise).await? {
            Ok(CreateOutcome::AlreadyExists(_)) => {}
            other => {
                return fail(format!(
                    "creating {text:?} again answers {}",
                    tell::created(&other)
                ));
            }
        }
    }
    Ok(())
}

async fn long_text_taken(stage: &Stage<'_>) -> Checked {
    let long = "x".repeat(255);
    let text = "long ".repeat(2_000);
    let line = RmaLine::new(line_ref(&long)?, units(1))
        .with_sku(&*long)
        .with_title(&*text);
    let Ok(mut promise) = Rma::new(stage.key(0), vec![line]) else {
        return fail("the suite itself is at fault");
    };
    promise.order_name = Some(text.clone());
    promise.outcome = Some(text.clone());
    promise.parcels = (0..50)
        .map(|n| Parcel::new(Some(&*text), Some(&*n.to_string())))
        .collect();
    let created = stage.announce(&promise).await?;
    let read = stage.read(&promise.key()).await?;
    unchanged(&created, &read, "reading what create_rma has just answered")?;
    stage.expect(
        &read,
        "after long texts",
        &[(&*long, &*long, [1, 0, 0, 0, 0])],
    )
}

async fn large_quantities_kept(stage: &Stage<'_>) -> Checked {
    for (n, quantity) in (0..).zip([70_000, 1 << 31, u32::MAX]) {
        let key = stage.key(n);
        stage
            .announce(&rma(key.clone(), &[("1", "SKU-A", quantity)])?)
            .await?;
        let lines = [("1", "SKU-A", [quantity, 0, 0, 0, 0])];
        stage.expect(&stage.read(&key).await?, "reading a large quantity", &lines)?;
    }
    Ok(())
}

async fn optional_parts_absent(stage: &Stage<'_>) -> Checked {
    needs(stage.can.echoes_line_refs, "echoes_line_refs")?;
    let barcode = RmaLine::new(line_ref("2")?, units(2)).with_barcode("4000000000002");
    let lines = vec![RmaLine::new(line_ref("1")?, units(1)), barcode];
    let Ok(promise) = Rma::new(stage.key(0), lines) else {
        return fail("the suite itself is at fault");
    };
    stage.announce(&promise).await?;
    let read = stage.read(&promise.key()).await?;
    for line in &promise.lines {
        let kept = read.lines.iter().any(|told| {
            told.line_ref
                .as_ref()
                .is_none_or(|told| *told == line.line_ref)
                && told.sku.is_none()
                && told.barcode == line.barcode
                && told.counts.expected == line.quantity.get()
        });
        ensure(kept, || {
            format!(
                "line {} is not among the lines {}",
                line.line_ref,
                tell::lines(&read.lines)
            )
        })?;
    }
    Ok(())
}

async fn any_reason_taken(stage: &Stage<'_>) -> Checked {
    needs(stage.can.cancel, "cancel")?;
    let long = "long ".repeat(2_000);
    for (n, reason) in (0..).zip(ODD.into_iter().chain(["", &*long])) {
        let key = stage.announced(n, &[("1", "SKU-A", 1)]).await?;
        let answer = offered(stage.oms.cancel_rma(&key, reason).await)?;
        let what = format!(
            "cancel_rma for the reason {:?}",
            reason.get(..40).unwrap_or(reason)
        );
        let outcome = done(&what, answer)?;
        ensure(outcome == CancelOutcome::Cancelled, || {
            format!("{what} answers {outcome:?}")
        })?;
    }
    Ok(())
}
