//! A page of a long answer as Laravel writes it. Pure.

use serde_json::{Value, json};

use super::query::Params;

/// How a resource pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paging {
    pub(super) per_page: usize,
    /// The blocklist and the allowlist type `from` and `last_page` as texts and have `links`.
    pub(super) of_listing: bool,
}

/// `path` is the address without its query. Links carry the page's number alone, as Laravel's do
/// unless told otherwise: who follows one as it is loses the other parameters.
pub(super) fn page(rows: &[Value], params: &Params, path: &str, paging: Paging) -> Value {
    let Paging {
        per_page,
        of_listing,
    } = paging;
    let wanted = params.get("page").and_then(|text| text.parse().ok());
    // A page number that is none is the first page, as in Laravel.
    let current = wanted.filter(|page| *page > 0).unwrap_or(1_usize);
    let last = rows.len().div_ceil(per_page).max(1);
    let start = current
        .saturating_sub(1)
        .saturating_mul(per_page)
        .min(rows.len());
    let data = rows.get(start..).unwrap_or_default();
    let data = data.get(..per_page).unwrap_or(data);
    let url = |page: usize| format!("{path}?page={page}");
    let next = (current < last).then(|| url(current.saturating_add(1)));
    let previous = (current > 1).then(|| url(current.saturating_sub(1)));
    let number = |number: usize| {
        if of_listing {
            json!(number.to_string())
        } else {
            json!(number)
        }
    };
    let mut page = json!({
        "current_page": current,
        "data": data,
        "first_page_url": url(1),
        "from": (!data.is_empty()).then(|| number(start.saturating_add(1))),
        "last_page": number(last),
        "last_page_url": url(last),
        "next_page_url": next,
        "path": path,
        "per_page": per_page,
        "prev_page_url": previous,
        "to": (!data.is_empty()).then(|| start.saturating_add(data.len())),
        "total": rows.len(),
    });
    if let (true, Value::Object(fields)) = (of_listing, &mut page) {
        let link = |url: Option<String>, label: &str, active: bool| json!({ "url": url, "label": label, "active": active });
        let mut links = vec![link(previous, "&laquo; Previous", false)];
        links.extend(
            (1..=last).map(|page| link(Some(url(page)), &page.to_string(), page == current)),
        );
        links.push(link(next, "Next &raquo;", false));
        fields.insert("links".to_owned(), Value::Array(links));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paging = Paging {
        per_page: 2,
        of_listing: false,
    };

    fn of(count: usize, asked: &str, paging: Paging) -> Value {
        let rows: Vec<Value> = (1..=count).map(Value::from).collect();
        let params = Params::new([("page".to_owned(), asked.to_owned())].into());
        page(&rows, &params, "http://h/x", paging)
    }

    #[test]
    fn pages_meet_and_end() {
        // (rows, page asked for, data, next, previous)
        let table = [
            (5, "", json!([1, 2]), Some(2), None),
            (5, "2", json!([3, 4]), Some(3), Some(1)),
            (5, "3", json!([5]), None, Some(2)),
            (5, "4", json!([]), None, Some(3)),
            (5, "0", json!([1, 2]), Some(2), None),
            (5, "-1", json!([1, 2]), Some(2), None),
            (
                5,
                "18446744073709551615",
                json!([]),
                None,
                Some(usize::MAX - 1),
            ),
            (4, "2", json!([3, 4]), None, Some(1)),
            (0, "1", json!([]), None, None),
        ];
        for (count, asked, data, next, previous) in table {
            let page = of(count, asked, PLAIN);
            let url = |page: usize| format!("http://h/x?page={page}");
            assert_eq!(page["data"], data, "{count} {asked}");
            assert_eq!(
                page["next_page_url"],
                json!(next.map(url)),
                "{count} {asked}"
            );
            assert_eq!(
                page["prev_page_url"],
                json!(previous.map(url)),
                "{count} {asked}"
            );
            assert_eq!(page["total"], count, "{count} {asked}");
        }
    }

    #[test]
    fn a_listing_has_texts_where_other_pages_have_numbers() {
        let plain = of(5, "2", PLAIN);
        assert_eq!(
            (&plain["from"], &plain["last_page"]),
            (&json!(3), &json!(3))
        );
        assert_eq!(plain["links"], Value::Null);
        let listing = Paging {
            of_listing: true,
            ..PLAIN
        };
        let listed = of(5, "2", listing);
        assert_eq!(
            (&listed["from"], &listed["last_page"]),
            (&json!("3"), &json!("3"))
        );
        assert_eq!(
            (&listed["to"], &listed["current_page"]),
            (&json!(4), &json!(2))
        );
        assert_eq!(listed["links"].as_array().unwrap().len(), 5);
        assert_eq!(listed["links"][2]["active"], true);
        assert_eq!(of(0, "", listing)["from"], Value::Null);
    }
}
