//! The page in a real browser: what it does with a record full of hostile names and outputs, with a pointer, a keyboard, a
//! dark scheme. Needs `chromium` and `chromedriver`; says so where they are missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser {
    pub mod driver;
    pub mod hostile;
}

use browser::driver::Browser;
use browser::hostile;
use plimsoll_record::report::render;
use plimsoll_record::{Format, folder};
use serde_json::{Value, json};

/// Writes the hostile record and its page, and opens it. None, with the reason, where there is no browser.
async fn opened() -> Option<(tempfile::TempDir, Browser)> {
    let dir = tempfile::tempdir().unwrap();
    hostile::write(dir.path());
    let page = dir.path().join("index.html");
    std::fs::write(&page, render(Format::Html, &folder::read(dir.path()).unwrap(), dir.path())).unwrap();
    match Browser::open(&page).await {
        Ok(browser) => Some((dir, browser)),
        Err(why) => {
            eprintln!("unsupported: {why}");
            None
        }
    }
}

const SHOWN: &str =
    "return Array.from(document.querySelectorAll('.r')).filter(row => row.checkVisibility()).length";

#[tokio::test]
async fn a_hostile_record_is_a_text_and_the_page_asks_nobody() {
    let Some((_dir, browser)) = opened().await else { return };
    assert_eq!(browser.run("return window.hacked === undefined").await, json!(true));
    assert_eq!(
        browser.run("return document.querySelectorAll('script, img, iframe, object').length").await,
        json!(1)
    );
    assert_eq!(browser.run("return performance.getEntriesByType('resource').length").await, json!(0));
    // The policy allows this page's own style and script: both are at work.
    assert_eq!(browser.run("return getComputedStyle(document.body).maxWidth").await, json!("1280px"));
    assert_eq!(browser.run("return document.getElementById('filters').hidden").await, json!(false));
    let text = browser.run("return document.body.textContent").await;
    let text = text.as_str().unwrap();
    for told in [hostile::SCRIPT, "␛[2J", "‹U+202E›", "\\xff\\xfe", "bytes left out"] {
        assert!(text.contains(told), "{told}");
    }
    let escapes = "return Array.from(document.links).every(link => link.protocol === 'file:')";
    assert_eq!(browser.run(escapes).await, json!(true));
    browser.close().await;
}

#[tokio::test]
async fn filters_show_what_was_chosen_and_count_it() {
    let Some((_dir, browser)) = opened().await else { return };
    let status = "return document.getElementById('shown').textContent";
    let all = hostile::RESULTS;
    assert_eq!(browser.run(SHOWN).await, json!(all));
    assert_eq!(browser.run(status).await, json!(format!("{all} of {all} results are shown")));
    browser.click("input[name=v][value=pass]").await;
    browser.until(SHOWN, &json!(all - hostile::PASSES)).await;
    browser.click("button[type=reset]").await;
    browser.until(SHOWN, &json!(all)).await;
    browser.type_into("input[name=q]", "evidence").await;
    browser.until(SHOWN, &json!(1)).await;
    browser.click("button[type=reset]").await;
    browser.until(SHOWN, &json!(all)).await;
    // A cell of the table chooses its profile and area.
    browser.click(".matrix td a").await;
    browser.until("return document.querySelector('select[name=p]').value", &json!("0")).await;
    let shown = browser.run(SHOWN).await.as_u64().unwrap();
    assert!(shown > 0 && shown < all, "{shown}");
    browser.close().await;
}

#[tokio::test]
async fn problems_are_reached_and_opened_with_the_keyboard() {
    let Some((_dir, browser)) = opened().await else { return };
    assert_eq!(browser.run("return document.querySelectorAll('details.r[open]').length").await, json!(0));
    browser.run("document.getElementById('next').focus(); return 0").await;
    browser.press_enter().await;
    let open = "return document.activeElement.matches('details.r[open] > summary') \
                && document.activeElement.parentElement.dataset.v";
    browser.until(open, &json!("fail")).await;
    // Enter on the line closes it again, as on any other such line.
    browser.press_enter().await;
    browser.until("return document.querySelectorAll('details.r[open]').length", &json!(0)).await;
    browser.close().await;
}

#[tokio::test]
async fn a_reader_of_screens_finds_names_headings_and_captions() {
    let Some((_dir, browser)) = opened().await else { return };
    let checks = "
        const all = (selector) => Array.from(document.querySelectorAll(selector));
        const levels = all('h1, h2, h3, h4').map(heading => Number(heading.tagName[1]));
        return {
            language: document.documentElement.lang,
            labels: all('input, select').every(control => control.labels.length > 0),
            buttons: all('button').every(button => button.textContent.trim() !== ''),
            captions: all('table').every(table => table.caption !== null),
            scopes: all('th').every(head => head.scope !== ''),
            levels: levels[0] === 1 && levels.every((level, at) => at === 0 || level <= levels[at - 1] + 1),
            one: all('h1').length === 1 && all('main').length === 1,
            status: all('[role=status]').length === 1,
            ids: new Set(all('[id]').map(one => one.id)).size === all('[id]').length,
            words: all('.r').every(row => row.querySelector('b').textContent === row.dataset.v),
        }";
    let Value::Object(found) = browser.run(checks).await else { panic!("no object") };
    for (name, value) in found {
        assert_eq!(value, if name == "language" { json!("en") } else { json!(true) }, "{name}");
    }
    browser.close().await;
}

#[tokio::test]
async fn every_colour_can_be_read_in_the_light_and_in_the_dark() {
    let Some((_dir, browser)) = opened().await else { return };
    let worst = "
        const part = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
        const light = (colour) => { const [r, g, b] = colour.match(/[0-9.]+/g).map(Number);
            return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
        const back = (element) => { for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour; } return 'rgb(255, 255, 255)'; };
        let worst = 21;
        for (const element of document.querySelectorAll('main *, header *')) {
            const [one, other] = [light(getComputedStyle(element).color), light(back(element))];
            worst = Math.min(worst, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
        }
        return worst";
    let mut backs = Vec::new();
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).await;
        let ratio = browser.run(worst).await.as_f64().unwrap();
        assert!(ratio >= 4.5, "{scheme}: {ratio}");
        backs.push(browser.run("return getComputedStyle(document.body).backgroundColor").await);
    }
    assert_ne!(backs[0], backs[1]);
    browser.close().await;
}
