ALTER TABLE "call_history" ADD COLUMN "first_ring_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "transferred" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "call_history" ADD COLUMN "group_id" text;--> statement-breakpoint
ALTER TABLE "call_legs" ADD COLUMN "answered_elsewhere" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "mightycall_reports" ADD COLUMN "inbound" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "mightycall_reports" ADD COLUMN "dropped" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "mightycall_reports" ADD COLUMN "answered_elsewhere" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "mightycall_reports" ADD COLUMN "outbound_answered" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "mightycall_reports" ADD COLUMN "ring_seconds" numeric(16, 3) DEFAULT '0' NOT NULL;--> statement-breakpoint
CREATE INDEX "call_history_group" ON "call_history" USING btree ("group_id","started_at","account","call_id") WHERE group_id is not null;