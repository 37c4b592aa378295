package course.http;

/** What {@code GET /task} does. */
interface Endpoint {

    /** Whatever is thrown makes the call fail; it takes no longer than the deadline. */
    Answer task(Deadline deadline);

    /** @param body JSON */
    record Answer(int status, String body) {}
}
