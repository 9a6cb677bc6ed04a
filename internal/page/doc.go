// Package page draws incidents for people who look rather than read: swim lanes over
// curves on one time axis, with the evidence one click away.
//
// The HTML says everything without a script; the script that comes with it draws the
// same lanes where they can be zoomed. Nothing is loaded from elsewhere, no style and
// no script stands in the HTML ([Policy]), and foreign text is cut, cleaned and
// escaped before it gets there. A [Story] is what is drawn: a draft without its
// records, small enough to be kept for a while.
package page
