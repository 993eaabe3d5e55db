DROP TABLE queue_control;
