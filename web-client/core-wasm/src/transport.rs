//! HTTP by `fetch`, to the origin the app came from; the browser keeps the cookies.

use ankomst_core::platform::{HttpAnswer, Method, Transport, TransportError};
use ankomst_shared::limits::SYNC_BODY_BYTES_MAX;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestCredentials, RequestInit, Response};

use crate::script::{call, fault, scope};
use crate::socket::BrowserSocket;

/// Longest time a request may take before it counts as unanswered, in milliseconds.
const TIMEOUT_MS: u32 = 60_000;

/// Reaches the server the app came from.
pub(crate) struct FetchTransport;

impl Transport for FetchTransport {
    type Socket = BrowserSocket;

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        let request = request(method, path, &body);
        async move {
            let request = request.map_err(|error| TransportError(fault(&error)))?;
            answer(&request).await.map_err(|error| TransportError(fault(&error)))
        }
    }

    fn connect(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<BrowserSocket, TransportError>> + 'static {
        let address = scope().location().origin().replacen("http", "ws", 1) + path;
        async move { BrowserSocket::open(&address).await.map_err(|error| TransportError(fault(&error))) }
    }
}

fn request(method: Method, path: &str, body: &[u8]) -> Result<Request, JsValue> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::SameOrigin);
    let headers = Headers::new()?;
    match method {
        Method::Post => {
            init.set_method("POST");
            headers.set("content-type", "application/cbor")?;
            init.set_body(&Uint8Array::from(body));
        }
        Method::Delete => init.set_method("DELETE"),
    }
    init.set_headers(&headers);
    let class = js_sys::Reflect::get(&scope(), &"AbortSignal".into())?;
    let signal = call(&class, "timeout", &[TIMEOUT_MS.into()])?;
    js_sys::Reflect::set(&init, &"signal".into(), &signal)?;
    js_sys::Reflect::set(&init, &"cache".into(), &"no-store".into())?;
    Request::new_with_str_and_init(path, &init)
}

async fn answer(request: &Request) -> Result<HttpAnswer, JsValue> {
    let response: Response =
        JsFuture::from(scope().fetch_with_request(request)).await?.dyn_into()?;
    let problem = response.headers().get("x-ankomst-problem")?;
    let retry_s = response.headers().get("retry-after")?.and_then(|seconds| seconds.parse().ok());
    let body = JsFuture::from(response.array_buffer()?).await?;
    let body = Uint8Array::new(&body);
    let fits = usize::try_from(body.length()).is_ok_and(|length| length <= SYNC_BODY_BYTES_MAX);
    if !fits {
        return Err(js_sys::Error::new("the answer is too large").into());
    }
    Ok(HttpAnswer { status: response.status(), problem, retry_s, body: body.to_vec() })
}
