-- Why: a mail that was sent is remembered, so that a job delivered twice sends it once. The row is written after the
-- mail server's answer: a worker killed between the two sends the same Message-ID again, which mail clients show once.
CREATE TABLE mail_deliveries (
    order_number text NOT NULL REFERENCES orders (order_number) ON DELETE CASCADE,
    template text NOT NULL,
    message_id text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_number, template)
);

GRANT SELECT, INSERT ON mail_deliveries TO wharf_worker;
