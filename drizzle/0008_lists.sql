CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
DROP INDEX "contacts_name";--> statement-breakpoint
CREATE INDEX "call_history_kind" ON "call_history" USING btree ("direction","outcome","started_at","account","call_id");--> statement-breakpoint
CREATE INDEX "call_history_recorded" ON "call_history" USING btree ("started_at","account","call_id") WHERE recording_id is not null or recording_link is not null;--> statement-breakpoint
CREATE INDEX "call_history_talk" ON "call_history" USING btree ("talk_seconds") WHERE talk_seconds is not null;--> statement-breakpoint
CREATE INDEX "call_history_search" ON "call_history" USING gin ((coalesce("client_name", '') || ' ' || coalesce("client_number", '')) gin_trgm_ops) WHERE state = 'ended';--> statement-breakpoint
CREATE INDEX "contacts_search" ON "contacts" USING gin ((coalesce("name", '') || ' ' || coalesce("phones"::text, '')) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "sms_logs_state" ON "sms_logs" USING btree ("state","direction","sent_at","account","message_id");--> statement-breakpoint
CREATE INDEX "sms_logs_extension" ON "sms_logs" USING btree ("extension","sent_at","account","message_id") WHERE extension is not null;--> statement-breakpoint
CREATE INDEX "sms_logs_unread" ON "sms_logs" USING btree ("thread_id") WHERE direction = 'inbound' and read = false and removed_at is null;--> statement-breakpoint
CREATE INDEX "sms_logs_search" ON "sms_logs" USING gin ((coalesce("client_name", '') || ' ' || coalesce("client_number", '') || ' ' || coalesce("text", '')) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "voicemail_logs_read" ON "voicemail_logs" USING btree ("read","left_at","account","voicemail_id");--> statement-breakpoint
CREATE INDEX "voicemail_logs_search" ON "voicemail_logs" USING gin ((coalesce("client_name", '') || ' ' || coalesce("client_number", '') || ' ' || coalesce("transcript_text", '')) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "contacts_name" ON "contacts" USING btree (coalesce(name, ''),"account","contact_id");