DROP INDEX "call_history_search";--> statement-breakpoint
DROP INDEX "contacts_search";--> statement-breakpoint
DROP INDEX "sms_logs_search";--> statement-breakpoint
DROP INDEX "voicemail_logs_search";--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "client_callable" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "lost_in_transfer" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "call_history_to_return" ON "call_history" USING btree ("started_at","account","call_id") WHERE ("call_history"."client_callable" and ("call_history"."lost_in_transfer"
    or "call_history"."direction" = 'inbound' and "call_history"."outcome" in ('missed', 'abandoned', 'voicemail')));--> statement-breakpoint
CREATE INDEX "call_history_lost" ON "call_history" USING btree ("started_at","account","call_id") WHERE lost_in_transfer;--> statement-breakpoint
CREATE INDEX "call_history_search" ON "call_history" USING gin (normalize(coalesce("client_name", '') || ' ' || coalesce("client_number", ''), nfc) gin_trgm_ops) WHERE state = 'ended';--> statement-breakpoint
CREATE INDEX "contacts_search" ON "contacts" USING gin (normalize(coalesce("name", '') || ' ' || coalesce("phones"::text, ''), nfc) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "sms_logs_search" ON "sms_logs" USING gin (normalize(coalesce("client_name", '') || ' ' || coalesce("client_number", '') || ' ' || coalesce("text", ''), nfc) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "voicemail_logs_search" ON "voicemail_logs" USING gin (normalize(coalesce("client_name", '') || ' ' || coalesce("client_number", '') || ' ' || coalesce("transcript_text", ''), nfc) gin_trgm_ops);--> statement-breakpoint
DELETE FROM "mightycall_extensions" WHERE "extension" ~ '^[0-]*$' AND "display_name" IS NULL AND "external_id" IS NULL;
