import { lint } from "markdownlint/sync";

globalThis.lintMarkdown = (text, config) =>
  lint({ strings: { text }, config }).text.map((m) => `${m.lineNumber} ${m.ruleNames.join("/")}: ${m.ruleDescription}${m.errorDetail ? ` (${m.errorDetail})` : ""}`);
