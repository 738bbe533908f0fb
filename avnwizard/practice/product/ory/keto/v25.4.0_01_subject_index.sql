CREATE INDEX keto_relation_tuples_subject ON keto_relation_tuples (subject_id, namespace, relation);
