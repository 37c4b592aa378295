package course.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import course.http.Endpoint.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.context.SmartLifecycle;

/** Serves {@code GET /task}, each call on a thread of its own and within its deadline. */
class TaskServer implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(TaskServer.class);

    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;
    private static final int GATEWAY_TIMEOUT = 504;

    private final int port;
    private final Duration patience;
    private final Endpoint endpoint;
    private final ConnectionFactory broker;
    private final ExecutorService callers = Executors.newCachedThreadPool();
    // A call that hangs in the broker's line is left there when its caller gets an answer.
    private final ExecutorService calls = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "call");
        thread.setDaemon(true);
        return thread;
    });
    private HttpServer server;

    TaskServer(int port, Duration patience, Endpoint endpoint, ConnectionFactory broker) {
        this.port = port;
        this.patience = patience;
        this.endpoint = endpoint;
        this.broker = broker;
    }

    @Override
    public void start() {
        connect();
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> send(exchange, new Answer(NOT_FOUND, "\"Not found\"")));
        server.createContext("/task", exchange -> send(exchange, answer(new Deadline(patience))));
        server.setExecutor(callers);
        server.start();
    }

    /** The first call should not pay for the connection. A broker that is away now is asked again by each call. */
    private void connect() {
        try {
            broker.createConnection();
        } catch (AmqpException e) {
            log.warn("no connection to the broker yet: {}", e.toString());
        }
    }

    private Answer answer(Deadline deadline) {
        try {
            return CompletableFuture.supplyAsync(() -> endpoint.task(deadline), calls)
                    .get(deadline.left().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Answer(GATEWAY_TIMEOUT, "\"The broker has not answered in time\"");
        } catch (ExecutionException e) {
            log.warn("a call fails: {}", e.getCause().toString());
            return new Answer(UNAVAILABLE, "\"The task cannot be done now\"");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(UNAVAILABLE, "\"Stopping\"");
        }
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        try (exchange) {
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Calls that are being served are answered first. */
    @Override
    public void stop() {
        callers.shutdown();
        try {
            callers.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        server = null;
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }
}
