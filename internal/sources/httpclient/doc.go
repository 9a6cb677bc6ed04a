// Package httpclient is the HTTP side that sources share: TLS and
// authentication as prometheus/common configures them, a limit on the size of an
// answer, few and gentle retries, and errors that hold no secret.
//
// What a retry may do: ask again after a connection error, 429, 502, 503, 504 or another
// 5xx, within the context's deadline, and never after an attempt that took long,
// because a question that is dear to answer must not be asked of a struggling
// server again; nor where the server says that its limit of requests is used up.
package httpclient
