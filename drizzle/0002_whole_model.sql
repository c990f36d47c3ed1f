CREATE TABLE "agent_presence" (
	"account" text NOT NULL,
	"extension" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone,
	"presence" text NOT NULL,
	"source" text NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "agent_presence_account_extension_since_pk" PRIMARY KEY("account","extension","since")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"account" text NOT NULL,
	"contact_id" text NOT NULL,
	"name" text,
	"channels" jsonb NOT NULL,
	"phones" jsonb NOT NULL,
	"tags" jsonb NOT NULL,
	"removed_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "contacts_account_contact_id_pk" PRIMARY KEY("account","contact_id")
);
--> statement-breakpoint
CREATE TABLE "mightycall_extensions" (
	"account" text NOT NULL,
	"extension" text NOT NULL,
	"display_name" text,
	"email" text,
	"role" text,
	"external_id" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "mightycall_extensions_account_extension_pk" PRIMARY KEY("account","extension")
);
--> statement-breakpoint
CREATE TABLE "phone_numbers" (
	"account" text NOT NULL,
	"id" uuid NOT NULL,
	"external_id" text,
	"number" text NOT NULL,
	"label" text,
	"sms_enabled" boolean,
	"is_active" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "phone_numbers_account_number_pk" PRIMARY KEY("account","number")
);
--> statement-breakpoint
CREATE TABLE "polled_ranges" (
	"account" text NOT NULL,
	"range_id" text NOT NULL,
	"polled" text NOT NULL,
	"scope" text,
	"from_at" timestamp (3) with time zone NOT NULL,
	"until_at" timestamp (3) with time zone NOT NULL,
	"polled_at" timestamp (3) with time zone NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "polled_ranges_account_range_id_pk" PRIMARY KEY("account","range_id")
);
--> statement-breakpoint
CREATE TABLE "sms_logs" (
	"account" text NOT NULL,
	"message_id" text NOT NULL,
	"thread_id" uuid,
	"direction" text,
	"business_number" text,
	"client_number" text,
	"client_name" text,
	"extension" text,
	"text" text,
	"attachments" jsonb NOT NULL,
	"sent_at" timestamp (3) with time zone NOT NULL,
	"state" text NOT NULL,
	"read" boolean,
	"removed_at" timestamp (3) with time zone,
	"contribution" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "sms_logs_account_message_id_pk" PRIMARY KEY("account","message_id")
);
--> statement-breakpoint
CREATE TABLE "voicemail_logs" (
	"account" text NOT NULL,
	"voicemail_id" text NOT NULL,
	"call_id" text,
	"business_number" text,
	"client_number" text,
	"client_name" text,
	"left_at" timestamp (3) with time zone NOT NULL,
	"duration_seconds" double precision,
	"assigned_to" text,
	"read" boolean,
	"transcript_state" text,
	"transcript_text" text,
	"recording_id" text,
	"recording_link" text,
	"removed_at" timestamp (3) with time zone,
	"contribution" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "voicemail_logs_account_voicemail_id_pk" PRIMARY KEY("account","voicemail_id")
);
--> statement-breakpoint
CREATE TABLE "drift" (
	"account" text NOT NULL,
	"type" text NOT NULL,
	"field" text NOT NULL,
	"count" bigint NOT NULL,
	"sample" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "drift_account_type_field_pk" PRIMARY KEY("account","type","field")
);
--> statement-breakpoint
CREATE TABLE "rebuilds" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rebuilds_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"account" text,
	"kind" text,
	"entity" text,
	"entities" bigint NOT NULL,
	"events" bigint NOT NULL,
	"differences" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mightycall_reports" (
	"account" text NOT NULL,
	"report_date" date NOT NULL,
	"business_number" text NOT NULL,
	"extension" text NOT NULL,
	"calls" integer NOT NULL,
	"answered" integer NOT NULL,
	"missed" integer NOT NULL,
	"abandoned" integer NOT NULL,
	"voicemails" integer NOT NULL,
	"outbound" integer NOT NULL,
	"messages_in" integer NOT NULL,
	"messages_out" integer NOT NULL,
	"talk_seconds" numeric(16, 3) NOT NULL,
	"wait_seconds" numeric(16, 3) NOT NULL,
	CONSTRAINT "mightycall_reports_pk" PRIMARY KEY("account","report_date","business_number","extension")
);
--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "recording_id" text;--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "recording_link" text;--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "contribution" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "call_legs" ADD COLUMN "result" text;--> statement-breakpoint
CREATE INDEX "contacts_phones" ON "contacts" USING gin ("phones");--> statement-breakpoint
CREATE INDEX "contacts_name" ON "contacts" USING btree ("account","name","contact_id");--> statement-breakpoint
CREATE INDEX "phone_numbers_id" ON "phone_numbers" USING btree ("id");--> statement-breakpoint
CREATE INDEX "polled_ranges_until" ON "polled_ranges" USING btree ("account","polled","scope","until_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sms_logs_sent" ON "sms_logs" USING btree ("sent_at","account","message_id");--> statement-breakpoint
CREATE INDEX "sms_logs_thread" ON "sms_logs" USING btree ("thread_id","sent_at" DESC NULLS LAST,"message_id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sms_logs_client" ON "sms_logs" USING btree ("client_number","sent_at","account","message_id");--> statement-breakpoint
CREATE INDEX "sms_logs_business_number" ON "sms_logs" USING btree ("business_number","sent_at","account","message_id");--> statement-breakpoint
CREATE INDEX "voicemail_logs_left" ON "voicemail_logs" USING btree ("left_at","account","voicemail_id");--> statement-breakpoint
CREATE INDEX "voicemail_logs_call" ON "voicemail_logs" USING btree ("account","call_id");--> statement-breakpoint
CREATE INDEX "voicemail_logs_client" ON "voicemail_logs" USING btree ("client_number","left_at","account","voicemail_id");--> statement-breakpoint
CREATE INDEX "voicemail_logs_business_number" ON "voicemail_logs" USING btree ("business_number","left_at","account","voicemail_id");--> statement-breakpoint
CREATE VIEW "public"."sms_threads" AS (select distinct on (m.thread_id) m.account, m.thread_id, m.business_number, m.client_number, m.client_name, m.message_id as last_message_id, m.sent_at as last_message_at,
  (count(*) filter (where m.direction = 'inbound' and m.read is false) over (partition by m.thread_id))::float8 as unread
  from sms_logs m where m.thread_id is not null and m.removed_at is null order by m.thread_id, m.sent_at desc, m.message_id desc);