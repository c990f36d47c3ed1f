CREATE TABLE "quota_keys" (
	"key_digest" text PRIMARY KEY NOT NULL,
	"blocked_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "quota_permits" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "quota_permits_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key_digest" text NOT NULL,
	"permit_class" text NOT NULL,
	"taken_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "quota_permits_taken" ON "quota_permits" USING btree ("key_digest","taken_at");