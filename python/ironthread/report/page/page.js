const data = JSON.parse(document.getElementById("data").textContent);
const sections = [summary, verdict, alarms, timeline, threads, waits, locks, queues, pools, stillWaiting];
const made = sections.map((section) => section(data)).filter((section) => section !== null);
document.getElementById("report").replaceChildren(...made);
