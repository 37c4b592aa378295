package course.broker;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

/** One delivery of a message, on the channel that alone can settle it. */
public class Delivery {

    private final Message message;
    private final Channel channel;
    private final Stopping stopping;

    Delivery(Message message, Channel channel, Stopping stopping) {
        this.message = message;
        this.channel = channel;
        this.stopping = stopping;
    }

    /** The body as text, octet by octet: what is no UTF-8 is no text. */
    public String text() throws UnprocessableException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message.getBody())).toString();
        } catch (CharacterCodingException e) {
            throw new UnprocessableException("the body is no UTF-8", e);
        }
    }

    public MessageProperties properties() {
        return message.getMessageProperties();
    }

    /** The id that is the same on every delivery of the message, or null if its publisher gave it none. */
    public String id() {
        return properties().getMessageId();
    }

    Message message() {
        return message;
    }

    /** Once the channel is gone, the broker gives the message to somebody else: whoever goes on does it twice. */
    public void requireChannel() {
        if (!channel.isOpen()) {
            throw new AbandonedException("the channel is closed, so the message will be delivered again");
        }
    }

    /** To be asked before another try. */
    public void requireTime() {
        requireChannel();
        if (stopping.over()) {
            throw new AbandonedException("told to stop, so the message is left to another");
        }
    }

    void ack() throws IOException {
        channel.basicAck(properties().getDeliveryTag(), false);
    }

    void reject() throws IOException {
        channel.basicReject(properties().getDeliveryTag(), false);
    }

    void requeue() throws IOException {
        channel.basicReject(properties().getDeliveryTag(), true);
    }
}
