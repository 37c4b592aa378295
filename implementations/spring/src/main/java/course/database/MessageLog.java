package course.database;

import org.springframework.jdbc.core.JdbcTemplate;

/** The rows that a package leaves. */
public class MessageLog {

    private final JdbcTemplate jdbc;

    MessageLog(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    public void add(String message) {
        jdbc.update("INSERT INTO message_log (message, created_at) VALUES (?, CURRENT_TIMESTAMP)", message);
    }
}
