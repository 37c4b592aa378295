package course.database;

import org.springframework.jdbc.core.JdbcTemplate;

/** The ids of the messages whose effects are there. */
class ProcessedMessages {

    private final JdbcTemplate jdbc;

    ProcessedMessages(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** False where it is there already. Where another transaction is about to add it, its end is awaited. */
    boolean add(String id) {
        return jdbc.update(
                        "INSERT INTO processed_message (id, created_at) VALUES (?, CURRENT_TIMESTAMP)"
                                + " ON CONFLICT DO NOTHING",
                        id)
                == 1;
    }

    boolean contains(String id) {
        return !jdbc.queryForList("SELECT 1 FROM processed_message WHERE id = ?", Integer.class, id).isEmpty();
    }
}
