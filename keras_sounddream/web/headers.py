"""Headers that the page is sent with, and its Content-Security-Policy."""

# No other host, no inline code; WebAssembly, and sounds that the page made itself.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",  # with the next, threads share memory
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
