DROP TABLE cron_ticks;
DROP TABLE cron_entries;
