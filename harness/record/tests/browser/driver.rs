//! A headless Chromium behind its driver, each with a folder and a port of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long a page may take to show what it is to show.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page open.
pub struct Browser {
    client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a file. The error says what is missing on this machine.
    pub async fn open(page: &Path) -> Result<Self, String> {
        let chromium = std::process::Command::new("chromium").arg("--version").output();
        chromium.map_err(|cause| format!("chromium does not run: {cause}; install chromium"))?;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| format!("chromedriver does not run: {cause}; install chromium-driver"))?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("the driver ended before it listened");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let profile = tempfile::tempdir().unwrap();
        let capabilities = capabilities(profile.path());
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the browser did not start");
        client.goto(&format!("file://{}", page.display())).await.unwrap();
        Ok(Self { client, driver, _profile: profile })
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Waits until a script gives a value.
    pub async fn until(&self, script: &str, wanted: &Value) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.run(script).await;
            if found == *wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{script}: {found}, wanted {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Clicks on the first element that a selector finds.
    pub async fn click(&self, selector: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
    }

    /// Types a text into an element.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Presses the enter key where the focus is.
    pub async fn press_enter(&self) {
        let focus = self.client.active_element().await.unwrap();
        focus.send_keys(&Key::Enter.to_string()).await.unwrap();
    }

    /// Has the page see a preferred colour scheme.
    pub async fn prefer(&self, scheme: &'static str) {
        self.client.issue_cmd(Scheme(scheme)).await.unwrap();
    }

    /// Ends the browser, then the driver.
    pub async fn close(mut self) {
        self.client.close().await.unwrap();
        self.driver.kill().await.unwrap();
    }
}

fn capabilities(profile: &Path) -> Map<String, Value> {
    let options = json!({
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000",
            format!("--user-data-dir={}", profile.display()),
        ]
    });
    Map::from_iter([("goog:chromeOptions".to_owned(), options)])
}

/// The driver's own command behind which the browser's protocol is.
#[derive(Debug)]
struct Scheme(&'static str);

impl WebDriverCompatibleCommand for Scheme {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let media = json!([{ "name": "prefers-color-scheme", "value": self.0 }]);
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": media } });
        (http::Method::POST, Some(body.to_string()))
    }
}
