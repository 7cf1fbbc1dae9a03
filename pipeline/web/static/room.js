// Veils, and what moves with the sound. Every page can be read without this.
"use strict";

const STEPS = ["veiled", "half", "clear"];

function veils() {
  for (const shot of document.querySelectorAll("[data-veil]")) {
    const button = shot.querySelector("[data-reveal]");
    button.addEventListener("click", () => {
      const now = STEPS.findIndex((one) => shot.classList.contains(one)), next = (now + 1) % STEPS.length;
      shot.classList.replace(STEPS[now], STEPS[next]);
      if (now === 0) looked();
      button.textContent = [button.dataset.grey, button.dataset.colour, button.dataset.cover][next];
    });
  }
}

// Counted for the reader alone; whoever looked at much is reminded to rest.
async function looked() {
  const {csrf, looked: address, rest} = document.documentElement.dataset;
  if (!csrf) return;
  const answer = await fetch(address, {method: "POST", headers: {"X-CSRF-Token": csrf}}).catch(() => null);
  if (!answer || !answer.ok || !(await answer.json()).break_due || document.querySelector(".break")) return;
  const note = document.createElement("p");
  note.className = "notice break";
  note.setAttribute("role", "status");
  note.textContent = rest;
  document.body.append(note);
}

class Desk {
  constructor(media) {
    this.media = media;
    this.offset = Number(media.dataset.offset || 0);
    this.passages = [...document.querySelectorAll(".passage")].map((one) => ({
      node: one, start: Number(one.dataset.start), end: Number(one.dataset.end),
      words: [...one.querySelectorAll(".word")].map((word) => ({
        node: word, start: Number(word.dataset.seek), end: Number(word.dataset.until),
      })),
    }));
    this.boxes = [...document.querySelectorAll(".boxes rect[data-t]")].map((one) => ({node: one, t: Number(one.dataset.t)}));
    this.strip = document.querySelector(".strip");
    media.addEventListener("timeupdate", () => this.follow());
    media.addEventListener("seeking", () => this.follow());
    if (media.dataset.start) this.ready(() => this.seek(Number(media.dataset.start)));
    this.follow();
  }

  ready(then) {
    if (this.media.readyState >= 1) then();
    else this.media.addEventListener("loadedmetadata", then, {once: true});
  }

  seek(seconds) {
    this.ready(() => { this.media.currentTime = Math.max(seconds - this.offset, 0); });
  }

  toggle() {
    if (this.media.paused) this.media.play().catch(() => undefined);
    else this.media.pause();
  }

  follow() {
    const now = this.media.currentTime + this.offset;
    for (const one of this.passages) {
      const here = one.start <= now && now < one.end;
      if (here && !one.node.classList.contains("now")) one.node.scrollIntoView({block: "nearest"});
      one.node.classList.toggle("now", here);
      for (const word of one.words) word.node.classList.toggle("now", here && word.start <= now && now < word.end);
    }
    for (const one of this.boxes) one.node.classList.toggle("away", Math.abs(one.t - now) > 0.6);
    const mark = this.strip && this.strip.querySelector(".now");
    if (mark) {
      const x = String(Math.min(now / Number(this.strip.dataset.length), 1) * 1000);
      mark.setAttribute("x1", x);
      mark.setAttribute("x2", x);
    }
  }

  listen() {
    document.addEventListener("click", (event) => {
      const target = event.target.closest("[data-seek]");
      if (!target) return;
      event.preventDefault();
      this.seek(Number(target.dataset.seek));
    });
    if (this.strip) this.strip.addEventListener("click", (event) => {
      const box = this.strip.getBoundingClientRect();
      this.seek((event.clientX - box.left) / box.width * Number(this.strip.dataset.length));
    });
    const sound = document.querySelector("[data-sound]"), play = document.querySelector("[data-play]");
    const turn = () => { this.media.muted = !this.media.muted; };
    if (sound) {
      sound.addEventListener("click", turn);
      this.media.addEventListener("volumechange", () => {
        sound.setAttribute("aria-pressed", String(!this.media.muted));
        sound.textContent = this.media.muted ? sound.dataset.on : sound.dataset.off;
      });
    }
    if (play) play.addEventListener("click", () => this.toggle());
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
      const now = this.media.currentTime + this.offset;
      const acts = {k: () => this.toggle(), j: () => this.seek(now - 5), l: () => this.seek(now + 5), m: turn};
      const act = acts[event.key.toLowerCase()];
      if (act) { event.preventDefault(); act(); }
    });
  }
}

// One word is reached by Tab, the others by arrows: the way they are read decides which arrow goes on.
function words(desk) {
  const all = [...document.querySelectorAll(".word")];
  if (!all.length) return;
  all[0].tabIndex = 0;
  const go = (from, to) => {
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  document.querySelector("[data-transcript]").addEventListener("keydown", (event) => {
    const at = all.indexOf(event.target);
    if (at < 0) return;
    const onwards = getComputedStyle(event.target).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = {ArrowDown: 1, ArrowUp: -1, ArrowLeft: onwards === "ArrowLeft" ? 1 : -1, ArrowRight: onwards === "ArrowRight" ? 1 : -1};
    if (event.key in steps) { event.preventDefault(); go(all[at], all[at + steps[event.key]]); }
    if (event.key === "Home" || event.key === "End") { event.preventDefault(); go(all[at], event.key === "Home" ? all[0] : all.at(-1)); }
    if ((event.key === "Enter" || event.key === " ") && desk) { event.preventDefault(); desk.seek(Number(all[at].dataset.seek)); }
  });
}

veils();
const media = document.querySelector("#media");
const desk = media instanceof HTMLMediaElement ? new Desk(media) : null;
if (desk) desk.listen();
words(desk);
const boxes = document.querySelector("[data-boxes]");
if (boxes) boxes.addEventListener("change", () => document.querySelector(".boxes").classList.toggle("off", !boxes.checked));
