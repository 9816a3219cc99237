//! The page in a real browser: without scripts, on a phone, and with texts that mean harm.
//! `REQUIRE_BROWSER=1` makes them fail where there is no browser; otherwise they are skipped.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::browser::{Browser, Device};
use super::tests::{HOSTILE, all_of, at, well_filled};
use super::*;

const PHONE: Device = Device {
    width: 390,
    height: 844,
    is_phone: true,
    scripts: false,
};
const DESK: Device = Device {
    width: 1280,
    height: 900,
    is_phone: false,
    scripts: true,
};

/// Whoever runs its script shows it.
const SCRIPTED: &str =
    "<!doctype html><title>did not run</title><script>document.title = 'ran'</script>";

/// What is measured of a page as it is shown: its width; what stands out of it; the smallest
/// letters; and the weakest contrast of a text with what is behind it, as WCAG computes it.
const MEASURE: &str = r#"
    const root = document.documentElement;
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = (colour) => {
        const [r, g, b] = channels(colour).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let it = element; it; it = it.parentElement) {
            const colour = getComputedStyle(it).backgroundColor;
            if ((channels(colour)[3] ?? 1) > 0) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const outside = [];
    let smallest = Infinity, weakest = Infinity;
    for (const element of document.body.querySelectorAll('*')) {
        const box = element.getBoundingClientRect();
        if (box.left < -0.5 || box.right > root.clientWidth + 0.5) outside.push(element.outerHTML.slice(0, 200));
        if (![...element.childNodes].some((it) => it.nodeType === 3 && it.data.trim())) continue;
        const style = getComputedStyle(element);
        smallest = Math.min(smallest, parseFloat(style.fontSize));
        const [dark, light] = [luminance(style.color), luminance(behind(element))].sort((a, b) => a - b);
        weakest = Math.min(weakest, (light + 0.05) / (dark + 0.05));
    }
    return { width: root.clientWidth, wanted: root.scrollWidth, outside, smallest, weakest,
             ground: getComputedStyle(root).backgroundColor };
"#;

/// Which elements and attributes there are.
const ANATOMY: &str = "
    const all = [...document.querySelectorAll('*')];
    const names = all.flatMap((it) => it.getAttributeNames());
    return [new Set(all.map((it) => it.localName)), new Set(names)].map((it) => [...it].sort());
";

/// Serves a page as the service does at `/`, and at `/bare` without the headers that protect it.
async fn serve(page: String) -> String {
    let bare = page.clone();
    let router = Router::new()
        .route("/", get(|| async move { (headers(), Html(page)) }))
        .route("/page.css", get(|| async { style() }))
        .route("/bare", get(|| async move { Html(bare) }))
        .route(
            "/harmless",
            get(|| async { Html(render(&[all_of("x")], at(0))) }),
        )
        .route("/scripted", get(|| async { (headers(), Html(SCRIPTED)) }))
        .route("/scripted/bare", get(|| async { Html(SCRIPTED) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    address
}

/// What a person needs in order to read it holds in both colours.
async fn assert_readable(browser: &Browser, device: Device) {
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).await;
        let seen = browser.run(MEASURE).await;
        for width in ["width", "wanted"] {
            assert_eq!(seen[width], device.width, "{width} of {seen}");
        }
        assert_eq!(seen["outside"], json!([]));
        assert!(seen["smallest"].as_f64() >= Some(14.0), "{seen}");
        assert!(seen["weakest"].as_f64() >= Some(4.5), "{seen}");
        grounds.push(seen["ground"].clone());
    }
    assert_ne!(grounds[0], grounds[1], "the style was not loaded");
}

/// The heading that the link to the merchant in this place, counted from 1, leads to.
async fn follow(browser: &Browser, place: usize) -> Value {
    // Not by WebDriver's own click, which hangs for half a minute on a page without scripts.
    let link = format!("document.querySelector('nav li:nth-child({place}) a').click()");
    browser.run(&link).await;
    let heading = "return document.querySelector(':target h2')?.textContent ?? null";
    browser.run(heading).await
}

#[tokio::test]
async fn a_phone_without_scripts_shows_all_of_it() {
    let Some(browser) = Browser::start(PHONE).await else {
        return;
    };
    let merchants = well_filled();
    let address = serve(render(&merchants, at(0))).await;
    browser.go(&format!("{address}/scripted/bare")).await;
    assert_eq!(browser.run("return document.title").await, "did not run");

    browser.go(&address).await;
    assert_readable(&browser, PHONE).await;
    let text = browser.run("return document.body.innerText").await;
    let text = text.as_str().unwrap();
    let mut links = Vec::new();
    for it in &merchants {
        let texts = [&it.trouble, &it.cut_short].into_iter().flatten();
        for said in texts.chain([&it.merchant]) {
            assert!(text.contains(said), "{said} is not in: {text}");
        }
        for section in [
            &it.escalated,
            &it.flagged,
            &it.by_hand,
            &it.odd,
            &it.stale,
            &it.owed,
            &it.waiting,
        ] {
            for row in &section.rows {
                assert!(text.contains(&row.explanation), "{row:?} is not in: {text}");
                let age = age(row.since, at(0));
                assert!(text.contains(&age), "{age} is not in: {text}");
                let id = row.return_id.to_string();
                links.push(json!([
                    format!("https://admin.loopreturns.com/returns/{id}"),
                    id,
                    "noreferrer",
                    ""
                ]));
            }
        }
    }
    let shown = browser
        .run("return [...document.querySelectorAll('main a')].map((a) => [a.href, a.innerText, a.rel, a.target])")
        .await;
    assert_eq!(shown, Value::from(links));

    assert_eq!(follow(&browser, 3).await, merchants[0].merchant);
    browser.quit().await;
}

#[tokio::test]
async fn texts_that_mean_harm_are_only_shown() {
    for device in [
        Device {
            scripts: true,
            ..PHONE
        },
        DESK,
    ] {
        let Some(browser) = Browser::start(device).await else {
            return;
        };
        let merchants = HOSTILE.map(all_of);
        let address = serve(render(&merchants, at(0))).await;
        // Scripts do run here, unless the headers forbid them.
        for (path, title) in [("/scripted/bare", "ran"), ("/scripted", "did not run")] {
            browser.go(&format!("{address}{path}")).await;
            assert_eq!(browser.run("return document.title").await, title);
        }
        browser.go(&format!("{address}/harmless")).await;
        let harmless = browser.run(ANATOMY).await;
        // Escaping has to do without the headers' help.
        for path in ["/bare", "/"] {
            browser.go(&format!("{address}{path}")).await;
            assert_readable(&browser, device).await;
            assert_eq!(browser.run(ANATOMY).await, harmless);
            assert_eq!(
                browser.run("return window.pwned ?? null").await,
                Value::Null
            );
            let texts =
                "return [...document.querySelectorAll('main bdi')].map((it) => it.textContent)";
            let shown: Vec<&str> = HOSTILE.into_iter().flat_map(|text| [text; 10]).collect();
            assert_eq!(browser.run(texts).await, json!(shown));
        }
        // A name of whatever letters is still a place to go to.
        for (at, text) in (1..).zip(HOSTILE) {
            assert_eq!(follow(&browser, at).await, text);
        }
        browser.quit().await;
    }
}
