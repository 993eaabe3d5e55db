import Foundation
import HTTPClient
import TestSupport

/// A server that answers as Stripe's API did when its answers were written down: PaymentIntents, refunds, idempotency keys
/// and errors. What a payment method is called decides.
final class StripeDouble {
    private static let script = #"""
        import http.server, json, urllib.parse
        intents, keys, log, lock = {}, {}, [], threading.Lock()

        def intent(pid, form):
            status = {"pm_ok": "requires_capture", "pm_lost": "requires_capture", "pm_later": "processing",
                      "pm_action": "requires_action"}.get(form["payment_method"], "requires_payment_method")
            return {"id": pid, "object": "payment_intent", "amount": int(form["amount"]), "amount_received": 0,
                    "capture_method": "manual", "client_secret": pid + "_secret", "currency": form["currency"],
                    "last_payment_error": None, "livemode": False, "payment_method": form["payment_method"],
                    "metadata": {"payment_id": form["metadata[payment_id]"], "order_number": form["metadata[order_number]"]},
                    "status": status}

        def error(kind, code, **more): return {"error": {"type": kind, "code": code, "message": "refused", **more}}

        def act(method, path, form):
            parts = path.split("/")[2:]
            if parts == ["balance"]: return 200, {"object": "balance", "available": []}
            if parts == ["refunds"]:
                pi = intents[form["payment_intent"]]
                if pi["status"] != "succeeded": return 400, error("invalid_request_error", "charge_not_captured")
                return 200, {"id": "re_%d" % len(log), "object": "refund", "amount": int(form["amount"]), "status": "succeeded"}
            if parts == ["payment_intents"]:
                pi = intent("pi_%d" % (len(intents) + 1), form)
                intents[pi["id"]] = pi
                if pi["status"] == "requires_payment_method":
                    pi["last_payment_error"] = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}
                    return 402, error("card_error", "card_declined", decline_code="lost_card", payment_intent=pi)
                return 200, pi
            pi = intents.get(parts[1])
            if pi is None: return 404, error("invalid_request_error", "resource_missing")
            if len(parts) == 2: return 200, pi
            wanted, result = {"capture": ("requires_capture", "succeeded"), "cancel": ("requires_capture", "canceled")}[parts[2]]
            if pi["status"] != wanted and not (parts[2] == "cancel" and pi["status"] == "processing"):
                return 400, error("invalid_request_error", "payment_intent_unexpected_state", payment_intent=pi)
            pi["status"] = result
            pi["amount_received"] = int(form.get("amount_to_capture", 0))
            return 200, pi

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def handle_any(self):
                text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                if self.path == "/log": return self.answer(200, {"requests": log})
                form = dict(urllib.parse.parse_qsl(text, strict_parsing=True)) if text else {}
                key = self.headers.get("Idempotency-Key")
                with lock:
                    log.append({"method": self.command, "path": self.path, "form": form,
                                "headers": {n.lower(): v for n, v in self.headers.items()}})
                    if self.headers.get("Authorization") != "Bearer sk_test_1":
                        return self.answer(401, error("invalid_request_error", None))
                    if key in keys and keys[key][0] != (self.path, text):
                        return self.answer(400, error("idempotency_error", None))
                    known = key in keys
                    if self.command == "GET": status, body = act("GET", self.path, form)
                    elif known: status, body = keys[key][1]
                    else:
                        status, body = act("POST", self.path, form)
                        keys[key] = ((self.path, text), (status, json.loads(json.dumps(body))))
                if form.get("payment_method") == "pm_lost" and not known:
                    self.close_connection = True
                    return self.connection.close()
                self.answer(status, body)

            do_GET = do_POST = handle_any

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            def handle_error(self, *arguments): pass

        server = Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Handler)
        print(server.server_port)
        server.serve_forever()
        """#

    struct Request: Decodable {
        let method: String
        let path: String
        let form: [String: String]
        let headers: [String: String]
    }

    private let server: PythonServer
    var url: String { "http://127.0.0.1:\(server.port)" }

    /// - Parameter port: a free one, unless it matters.
    init(port: Int? = nil) throws { server = try PythonServer(Self.script, arguments: port.map { ["\($0)"] } ?? []) }

    /// What it was asked so far, health checks left out.
    func requests(_ client: HTTPClient) async throws -> [Request] {
        struct Log: Decodable { let requests: [Request] }
        let response = try await client.send(HTTPRequest(url: url + "/log"))
        return try JSONDecoder().decode(Log.self, from: Data(response.body)).requests.filter {
            $0.path != "/v1/balance"
        }
    }
}
