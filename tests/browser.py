"""Chromium, without a window, to look at pages as their readers do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

_BROWSER, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

needs_browser = pytest.mark.skipif(
    _BROWSER is None or _DRIVER is None,
    reason="needs chromium (Debian's packages chromium and chromium-driver)",
)

_SETTINGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class Browser:
    """A browser with a profile of its own, an empty one."""

    def __init__(self, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = _BROWSER or ""
        for setting in (*_SETTINGS, f"--user-data-dir={profile}"):
            options.add_argument(setting)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, Service(_DRIVER))

    def open(self, page: Path, width: int = 1280, scheme: str = "light") -> None:
        """Open a file in a window of so many pixels; what was logged before is forgotten."""
        self._command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        preference = {"name": "prefers-color-scheme", "value": scheme}
        self._command("Emulation.setEmulatedMedia", {"features": [preference]})
        self.complaints()
        self.requests()
        self.driver.get(page.as_uri())

    def _command(self, name: str, arguments: dict[str, object]) -> None:
        self.driver.execute_cdp_cmd(name, arguments)

    def complaints(self) -> list[str]:
        """What the console says: errors of scripts, and what the page's policy forbade."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def _log(self, name: str) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self.driver.get_log(name)  # type: ignore[no-untyped-call]
        return entries

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def button(self, text: str, inside: str) -> WebElement:
        (found,) = [each for each in self.all(f"{inside} button") if each.text == text]
        return found

    def column(self, table: str, index: int) -> list[str]:
        """The texts of a table's column, from 1 on."""
        return [cell.text for cell in self.all(f"#{table} tbody tr > :nth-child({index})")]

    def evaluate(self, expression: str) -> object:
        return self.driver.execute_script(f"return {expression}")

    def point(self, target: WebElement, share: float) -> None:
        """Move the mouse over an element, to a share of its width."""
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", target)
        from_middle = round((share - 0.5) * target.size["width"])
        ActionChains(self.driver).move_to_element_with_offset(target, from_middle, 0).perform()

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def close(self) -> None:
        self.driver.quit()
