// Package pagetest helps to test pages in a real browser: synthetic incidents, a server
// that shows drafts, and Chromium with an eye on what it complains of.
//
// testdata/axe.min.js is axe-core 4.14.1 by Deque Systems, under the Mozilla Public
// License 2.0 (https://github.com/dequelabs/axe-core), as npm has it.
//
// testdata/html-validate.min.js is html-validate 9.7.1 by David Sveningsson and
// testdata/markdownlint.min.js is markdownlint 0.38.0 by David Anson, both under the MIT
// license and as npm has them, made for a browser out of the lines in testdata/*.js with
//
//	npm install html-validate@9.7.1 markdownlint@0.38.0 esbuild@0.28.2
//	npx esbuild NAME.js --bundle --minify --format=iife --platform=browser --conditions=worker --legal-comments=inline --outfile=NAME.min.js
package pagetest
