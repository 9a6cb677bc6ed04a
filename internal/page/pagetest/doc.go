// Package pagetest helps to test pages in a real browser: synthetic incidents, a server
// that shows drafts, and Chromium with an eye on what it complains of.
//
// testdata/axe.min.js is axe-core 4.14.1 by Deque Systems, under the Mozilla Public
// License 2.0 (https://github.com/dequelabs/axe-core), as npm has it.
package pagetest
