//! Chromium without a window, and short ways to use a page as a person would.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::emulation::{MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams};
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::cdp::js_protocol::runtime::{EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::page::{Page, ScreenshotParams};
use chromiumoxide::types::{Command, Method, MethodId};
use futures::StreamExt;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinHandle;

/// How long a page may take for what it is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Widths and colours that every screen is looked at in.
pub const LOOKS: [Look; 4] = [
    Look { name: "desktop-light", width: 1440, height: 900, dark: false },
    Look { name: "desktop-dark", width: 1440, height: 900, dark: true },
    Look { name: "phone-light", width: 390, height: 844, dark: false },
    Look { name: "phone-dark", width: 390, height: 844, dark: true },
];

#[derive(Clone, Copy)]
pub struct Look {
    pub name: &'static str,
    width: i64,
    height: i64,
    dark: bool,
}

/// A browser with one page.
pub struct Chromium {
    browser: Browser,
    handler: JoinHandle<()>,
    listeners: Vec<JoinHandle<()>>,
    page: Page,
    /// What the page complained of.
    complaints: Arc<Mutex<Vec<String>>>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    pub async fn launch() -> Self {
        let executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
        let executable = executable.into_iter().find(|path| path.exists()).expect("Chromium is missing: apt-get install chromium");
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(executable)
            .user_data_dir(profile.path())
            .new_headless_mode()
            // Root has no sandbox; the page is our own.
            .no_sandbox()
            .viewport(None)
            .arg("disable-gpu")
            .launch_timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let (browser, mut handler) = Browser::launch(config).await.unwrap();
        let handler = tokio::spawn(async move { while handler.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.unwrap();
        page.evaluate_on_new_document(include_str!("audit.js")).await.unwrap();
        let mut chromium = Self { browser, handler, listeners: Vec::new(), page, complaints: Arc::default(), _profile: profile };
        chromium.listen().await;
        chromium.look(LOOKS[0]).await;
        chromium
    }

    /// Errors of the log, of the console and uncaught ones.
    async fn listen(&mut self) {
        let (log, console, thrown) = (
            self.page.event_listener::<EventEntryAdded>().await.unwrap(),
            self.page.event_listener::<EventConsoleApiCalled>().await.unwrap(),
            self.page.event_listener::<EventExceptionThrown>().await.unwrap(),
        );
        self.page.enable_log().await.unwrap();
        self.page.enable_runtime().await.unwrap();
        let logged = log.filter_map(|event| async move {
            let entry = &event.entry;
            let url = entry.url.clone().unwrap_or_default();
            // The league's refusal of an order that cannot be is an answer; browsers write every such one down.
            let refused = url.ends_with("/positions/quote") && entry.text.contains("422");
            (format!("{:?}", entry.level) == "Error" && !refused).then(|| format!("log: {} {url}", entry.text))
        });
        let said = console
            .filter_map(|event| async move { (format!("{:?}", event.r#type) == "Error").then(|| format!("console: {:?}", event.args)) });
        let uncaught = thrown.map(|event| format!("uncaught: {:?}", event.exception_details));
        let complaints = Arc::clone(&self.complaints);
        let all = futures::stream::select(logged.boxed(), futures::stream::select(said.boxed(), uncaught.boxed()));
        self.listeners.push(tokio::spawn(all.for_each(move |complaint| {
            complaints.lock().push(complaint);
            futures::future::ready(())
        })));
    }

    /// Ends the browser. Nothing was complained of.
    pub async fn close(mut self) {
        let violations = self.eval("audit.violations").await;
        assert_eq!(violations, Value::Array(Vec::new()), "the policy stopped something");
        assert_eq!(*self.complaints.lock(), Vec::<String>::new());
        self.browser.close().await.unwrap();
        self.browser.wait().await.unwrap();
        self.handler.abort();
        self.listeners.iter().for_each(JoinHandle::abort);
    }

    pub async fn goto(&self, url: &str) {
        self.page.goto(url).await.unwrap();
    }

    /// Another screen, by its address.
    pub async fn open(&self, place: &str) {
        self.eval(&format!("location.hash = '#/{place}', true")).await;
    }

    /// The value of an expression in the page.
    pub async fn eval(&self, expression: &str) -> Value {
        let evaluated = self.page.evaluate_expression(expression).await;
        evaluated.unwrap_or_else(|error| panic!("{expression}: {error}")).value().cloned().unwrap_or(Value::Null)
    }

    /// Waits until an expression is true.
    pub async fn until(&self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let evaluated = self.page.evaluate_expression(format!("Boolean({expression})")).await;
            if evaluated.is_ok_and(|evaluated| evaluated.value() == Some(&Value::Bool(true))) {
                return;
            }
            if Instant::now() > until {
                self.shot("failed").await;
                let text = self.eval("document.body.innerText").await;
                panic!("{expression} is not so; the page says: {}", text.as_str().unwrap_or_default());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until a text is on the screen.
    pub async fn until_text(&self, text: &str) {
        self.until(&format!("document.body.innerText.includes({})", Value::from(text))).await;
    }

    /// The text of an element.
    pub async fn text(&self, selector: &str) -> String {
        let text = self.eval(&format!("document.querySelector({})?.textContent ?? ''", Value::from(selector))).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Presses with the mouse, once nothing lies over it.
    pub async fn press(&self, selector: &str) {
        self.until(&format!("audit.free({})", Value::from(selector))).await;
        let element = self.page.find_element(selector).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Types into a field in the place of what is there.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.until(&format!("document.querySelector({})", Value::from(selector))).await;
        let element = self.page.find_element(selector).await.unwrap();
        element.focus().await.unwrap();
        self.eval("document.activeElement.select(), true").await;
        element.type_str(text).await.unwrap();
    }

    /// Presses a key in a field.
    pub async fn key(&self, selector: &str, key: &str) {
        let element = self.page.find_element(selector).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.focus().await.unwrap().press_key(key).await.unwrap();
    }

    /// Chooses an option.
    pub async fn choose(&self, selector: &str, value: &str) {
        self.until(&format!("document.querySelector({})?.querySelector('option')", Value::from(selector))).await;
        let (selector, value) = (Value::from(selector), Value::from(value));
        self.eval(&format!("(() => {{ const s = document.querySelector({selector}); s.value = {value}; s.dispatchEvent(new Event('change')); return true; }})()")).await;
    }

    pub async fn look(&self, look: Look) {
        let metrics = SetDeviceMetricsOverrideParams::new(look.width, look.height, 1.0, look.width < 600);
        self.page.execute(metrics).await.unwrap();
        let scheme = MediaFeature { name: "prefers-color-scheme".into(), value: if look.dark { "dark" } else { "light" }.into() };
        self.page.execute(SetEmulatedMediaParams::builder().features([scheme]).build()).await.unwrap();
        // What is measured is what is drawn.
        self.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))").await;
    }

    pub async fn shot(&self, name: &str) {
        let directory = screenshots();
        std::fs::create_dir_all(&directory).unwrap();
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
        let png = self.page.screenshot(params).await.unwrap();
        std::fs::write(directory.join(format!("{name}.png")), png).unwrap();
    }

    /// A screen in every width and colour: drawn, legible, within its width, every control named.
    pub async fn inspect(&self, name: &str) {
        for look in LOOKS {
            self.look(look).await;
            self.shot(&format!("{name}-{}", look.name)).await;
            let place = format!("{name}, {}", look.name);
            assert_eq!(self.eval("audit.contrast()").await, Value::Array(Vec::new()), "{place}: contrast");
            assert_eq!(self.eval(&format!("audit.wide({})", look.width)).await, Value::Array(Vec::new()), "{place}: width");
            assert_eq!(self.unnamed().await, Vec::<String>::new(), "{place}: controls without a name");
        }
        self.look(LOOKS[0]).await;
    }

    /// Controls that a screen reader cannot name.
    async fn unnamed(&self) -> Vec<String> {
        let tree = self.page.execute(FullTree {}).await.unwrap();
        let nodes = tree.result["nodes"].as_array().expect("a tree").clone();
        let role = |node: &Value| node["role"]["value"].as_str().unwrap_or_default().to_owned();
        let controls: Vec<&Value> =
            nodes.iter().filter(|node| node["ignored"] != true && CONTROLS.contains(&role(node).as_str())).collect();
        assert!(!controls.is_empty(), "a screen without controls");
        let nameless = controls.iter().filter(|node| node["name"]["value"].as_str().unwrap_or_default().trim().is_empty());
        nameless.map(|node| format!("{} {}", role(node), node["backendDOMNodeId"])).collect()
    }
}

/// Roles of what a person operates or reads a value off.
const CONTROLS: [&str; 15] = [
    "button",
    "link",
    "textbox",
    "searchbox",
    "spinbutton",
    "combobox",
    "listbox",
    "radio",
    "checkbox",
    "switch",
    "slider",
    "meter",
    "timer",
    "DisclosureTriangle",
    "img",
];

/// `Accessibility.getFullAXTree`, its answer as it comes: newer browsers know more properties than the driver.
#[derive(Debug, Serialize)]
struct FullTree {}

impl Method for FullTree {
    fn identifier(&self) -> MethodId {
        "Accessibility.getFullAXTree".into()
    }
}

impl Command for FullTree {
    type Response = Value;
}

/// `target/screenshots`.
fn screenshots() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots")
}
