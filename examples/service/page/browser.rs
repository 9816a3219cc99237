//! A real browser, as far as the tests of the page need one: Debian's `chromium`, driven by its
//! `chromedriver` in the protocol of <https://www.w3.org/TR/webdriver2/>, which is JSON over HTTP.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a page is looked at with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Device {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) is_phone: bool,
    /// Whether pages may run scripts. Those of [`Browser::run`] always may.
    pub(super) scripts: bool,
}

pub(super) struct Browser {
    http: Client,
    session: String,
    _driver: Driver,
    /// All that the two write, and so dropped after the driver.
    home: TempDir,
}

/// A `chromedriver`, which dies with the test.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Browser {
    /// `None`, with a word on standard error, where there is no browser; a panic there, if
    /// `REQUIRE_BROWSER` is set.
    pub(super) async fn start(device: Device) -> Option<Self> {
        let (Some(driver), Some(chromium)) = (program("chromedriver"), program("chromium")) else {
            let missing = "no chromium with chromedriver found";
            assert!(std::env::var_os("REQUIRE_BROWSER").is_none(), "{missing}");
            // Not by a macro, whose output the test harness hides.
            writeln!(io::stderr(), "skipped: {missing}").unwrap();
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        let child = Command::new(driver)
            .arg("--port=0")
            .env("TMPDIR", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut driver = Driver(child);
        let port = port_of(&mut driver.0);
        let mut browser = Self {
            http: Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(120))
                .build()
                .unwrap(),
            session: format!("http://127.0.0.1:{port}/session"),
            _driver: driver,
            home,
        };
        let scripts = if device.scripts { 1 } else { 2 };
        let mut options = json!({
            "binary": chromium,
            "args": browser.arguments(device),
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        });
        if device.is_phone {
            options["mobileEmulation"] = json!({ "deviceMetrics": {
                "width": device.width, "height": device.height,
                "pixelRatio": 3, "mobile": true, "touch": true,
            } });
        }
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let begun = browser.call(Method::POST, "", wanted).await;
        let id = begun["sessionId"].as_str().unwrap();
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    fn arguments(&self, device: Device) -> Vec<String> {
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // The browser ends with its driver, also with one that was killed.
            "--remote-debugging-pipe",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--window-size={},{}", device.width, device.height));
        arguments.push(format!(
            "--user-data-dir={}",
            self.home.path().join("profile").display()
        ));
        arguments
    }

    /// Loads a page, to the end.
    pub(super) async fn go(&self, address: &str) {
        self.call(Method::POST, "/url", json!({ "url": address }))
            .await;
    }

    /// What the body of a function gives back, run in the page.
    pub(super) async fn run(&self, body: &str) -> Value {
        let script = json!({ "script": body, "args": [] });
        self.call(Method::POST, "/execute/sync", script).await
    }

    /// Has the reader prefer `light` or `dark`.
    pub(super) async fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        let command = json!({
            "cmd": "Emulation.setEmulatedMedia", "params": { "features": [feature] },
        });
        self.call(Method::POST, "/goog/cdp/execute", command).await;
    }

    /// Closes the browser and waits until it is gone.
    pub(super) async fn quit(self) {
        self.call(Method::DELETE, "", Value::Null).await;
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.session));
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["value"].take()
    }
}

/// The port that a driver has taken, from its first lines.
fn port_of(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    for line in lines {
        let line = line.unwrap();
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().unwrap();
        }
    }
    panic!("chromedriver ended without a word of its port");
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
