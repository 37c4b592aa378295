package course.work;

import course.broker.UnprocessableException;

class MissingTaskException extends UnprocessableException {

    MissingTaskException(long id) {
        super("there is no task " + id);
    }
}
