import { HtmlValidate, StaticConfigLoader } from "html-validate/browser";

globalThis.validateHTML = async (text) => {
  const validator = new HtmlValidate(new StaticConfigLoader({ root: true, extends: ["html-validate:standard"] }));
  const report = await validator.validateString(text);
  return report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`));
};
