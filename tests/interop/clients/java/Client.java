import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.*;
import io.netty.channel.*;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.*;
import io.netty.handler.timeout.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.regex.*;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A complete HeartbeatGateway client on Netty 4.1: java Client HOST PORT SECRET CLIENT_ID
 *
 * <p>When SECRET is -, the client reads the secret from the environment variable GATEWAY_SECRET, which other users of the machine
 * cannot see. GATEWAY_KEY_ID is the key id, for a gateway with several keys. The client prints one event per line. It sends each
 * line of its input as a message, and again after a reconnect until the gateway has acknowledged it. Exit codes: 0 after SIGTERM or
 * SIGINT, 2 for wrong arguments, 3 after a close with retry: false.
 */
public final class Client {
    private static final int MAGIC = 0x76, HEADER = 158, FIELD = 50;
    private static final int MAX_RECEIVED = 1 << 20, MAX_SENT = 1 << 16; // content bytes: limit of this client, limit of the gateway
    private static final int MAX_KEPT = 100; // messages that are not acknowledged; above it no input is read
    private static final long LONGEST_PAUSE_MS = 60_000, STABLE_AFTER_MS = 30_000, CLOSE_TIMEOUT_MS = 2_000;
    private static final int CONNECT_TIMEOUT_MS = 10_000;
    private static final Pattern NUMBER = Pattern.compile(" n=(0|[1-9][0-9]{0,11}) g=([0-9]{1,13})");
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final String KEY_PREFIX = System.getenv("GATEWAY_KEY_ID") == null ? "" : System.getenv("GATEWAY_KEY_ID") + '.';
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    /** A frame. The suffix is what follows its date. */
    private record Frame(String type, String suffix, byte[] content) { }

    private record Message(long number, byte[] content) { }

    private final NioEventLoopGroup group = new NioEventLoopGroup(1); // its single thread owns all state below
    private final Bootstrap bootstrap = new Bootstrap();
    private final String clientId;
    private final byte[] inboundKey; // signs sent frames
    private final byte[] outboundKey; // signs received frames
    private final String instance = randomHex(8);
    private final double wantedHeartbeat = Double.parseDouble(System.getenv().getOrDefault("HEARTBEAT_SECONDS", "5"));
    private Duration clockOffset = Duration.ofSeconds(Long.parseLong(System.getenv().getOrDefault("CLOCK_OFFSET_SECONDS", "0")));
    private String sessionId;
    private long attempt;
    private int failures;
    private Long slotMs;
    private volatile boolean stopping;
    private volatile SocketChannel connected; // set when the hello is sent
    private Session welcomed; // null while there is no session
    private final Semaphore room = new Semaphore(MAX_KEPT); // the input thread waits for it
    private final Deque<Message> kept = new ArrayDeque<>(); // messages that are not acknowledged
    private long lastNumber; // the last number given
    private long sent; // the highest number sent
    private String pushes; // the gateway's numbering
    private long received; // the highest number received

    private Client(String host, int port, String secret, String clientId) {
        this.clientId = clientId;
        inboundKey = secret.getBytes(StandardCharsets.UTF_8);
        outboundKey = hmac(inboundKey, "heartbeatgateway outbound".getBytes(StandardCharsets.US_ASCII));
        bootstrap.group(group).channel(NioSocketChannel.class).remoteAddress(host, port)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        Session session = new Session();
                        channel.pipeline().addLast("idle", idle(wantedHeartbeat)).addLast(new Decoder(), new Encoder(session), session);
                    }
                });
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 4 || !args[1].matches("\\d{1,5}") || !args[3].matches("[A-Za-z0-9._:-]{1,128}")) {
            System.err.println("usage: Client HOST PORT SECRET CLIENT_ID (the id: 1 to 128 of A-Z a-z 0-9 . _ : -)");
            System.exit(2);
        }
        String secret = args[2].equals("-") ? System.getenv().getOrDefault("GATEWAY_SECRET", "") : args[2];
        if (secret.getBytes(StandardCharsets.UTF_8).length < 16) {
            System.err.println("the secret must have 16 bytes or more");
            System.exit(2);
        }
        Client client = new Client(args[0], Integer.parseInt(args[1]), secret, args[3]);
        Runtime.getRuntime().addShutdownHook(new Thread(client::closeGracefully));
        client.group.execute(client::connectLater);
        client.keepInput();
    }

    private void connectLater() {
        // Waits for the slot from the gateway; without one, for the backoff, which is capped first and then jittered from 0.
        long longest = Math.min(LONGEST_PAUSE_MS, 1000L << Math.min(failures, 10));
        long pause = slotMs != null ? slotMs : ThreadLocalRandom.current().nextLong(longest + 1);
        slotMs = null;
        failures++;
        tell("waiting ms=" + pause);
        group.schedule(this::connect, pause, TimeUnit.MILLISECONDS);
    }

    private void connect() {
        attempt++;
        tell("connecting attempt=" + attempt);
        bootstrap.connect().addListener((ChannelFuture attempted) -> {
            if (!attempted.isSuccess()) {
                tell("connect-failed " + attempted.cause().getMessage());
                connectLater();
            }
        });
    }

    /** Handles one connection. */
    private final class Session extends SimpleChannelInboundHandler<Frame> {
        private final long began = System.nanoTime();
        private boolean pinged; // a ping was sent after the last read
        private String lastToken;
        private ChannelHandlerContext context;
        private String generation; // null: ack is not granted
        private long next; // the first number that this connection has not sent
        private boolean ackDue;
        private String why = "the gateway ended the stream";

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            context = ctx;
            connected = (SocketChannel) ctx.channel();
            String resume = sessionId == null ? "" : ",\"resume\":\"" + sessionId + '"';
            String hello = "{\"clientId\":\"" + clientId + "\",\"instance\":\"" + instance + "\",\"attempt\":" + attempt
                    + ",\"nonce\":\"" + randomHex(16) + "\",\"heartbeatSeconds\":" + wantedHeartbeat + resume
                    + (sent == 0 ? "" : ",\"sent\":" + sent) + ",\"features\":[\"close\",\"ack\"]}";
            ctx.writeAndFlush(new Frame("hello", "", hello.getBytes(StandardCharsets.UTF_8)));
        }

        /**
         * Sends a ping when no byte was written or no byte was read for one heartbeat interval. Closes the connection when no byte
         * was read for two intervals.
         */
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof IdleStateEvent idle)) {
                ctx.fireUserEventTriggered(event);
            } else if (idle.state() == IdleState.READER_IDLE && !idle.isFirst()) {
                end(ctx, "nothing was read for two heartbeats");
            } else if (idle.state() == IdleState.WRITER_IDLE || !pinged) {
                pinged = true;
                ctx.writeAndFlush(new Frame("ping", "", new byte[0]));
                tell("ping-sent");
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
            if (!ctx.channel().isOpen()) {
                return; // arrived together with the frame that caused the close
            }
            pinged = false;
            if (sessionId != null && System.nanoTime() - began >= TimeUnit.MILLISECONDS.toNanos(STABLE_AFTER_MS)) {
                failures = 0;
            }
            String text = new String(frame.content, StandardCharsets.UTF_8);
            Long number = numberOf(frame);
            if (number != null && frame.type.equals("ack")) {
                forget(number);
                tell("acknowledged through=" + number);
                return;
            }
            if (number != null) {
                ackDue = true;
                if (number <= received) {
                    tell("duplicate number=" + number);
                    return;
                }
                received = number;
            }
            switch (frame.type) {
                case "ping" -> tell("pong-received"); // an answer or a keep-alive of the gateway; a client never answers it
                case "welcome" -> onWelcome(ctx, text);
                case "close" -> onClose(ctx, text);
                default -> tell("message type=" + frame.type + " text=" + text);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (ackDue) { // one for all that were read together
                ackDue = false;
                sendAck();
            }
        }

        /** The number of a frame; null when it has none, or when the gateway has not granted the feature ack. */
        private Long numberOf(Frame frame) {
            if (generation == null || !(frame.type.equals("ack") || frame.suffix.startsWith(" n="))) {
                return null;
            }
            Matcher found = NUMBER.matcher(frame.suffix);
            if (!found.matches() || !found.group(2).equals(generation)) {
                throw new CorruptedFrameException("a number is not of this connection");
            }
            return Long.valueOf(found.group(1));
        }

        private String suffix(long number) {
            return " n=" + number + " g=" + generation;
        }

        private void sendAck() {
            context.writeAndFlush(new Frame("ack", suffix(received), new byte[0]));
        }

        /** Sends what this connection has not sent. Without the feature ack, messages have no number and are sent once. */
        private void sendKept() {
            for (Message message : kept) {
                if (message.number >= next) {
                    String event = message.number > sent ? "message-sent bytes=" : "message-resent bytes=";
                    next = message.number + 1;
                    sent = Math.max(sent, message.number);
                    if (generation != null) {
                        context.write(new Frame("message", suffix(message.number), message.content));
                        tell(event + message.content.length + " number=" + message.number);
                    } else {
                        context.write(new Frame("message", "", message.content)).addListener(done -> room.release());
                        tell(event + message.content.length);
                    }
                }
            }
            context.flush();
            if (generation == null) {
                kept.clear();
            }
        }

        private void onWelcome(ChannelHandlerContext ctx, String welcome) {
            sessionId = json(welcome, "sessionId");
            double heartbeat = Double.parseDouble(json(welcome, "heartbeatSeconds"));
            ctx.pipeline().replace("idle", "idle", idle(heartbeat));
            tell("welcome session=" + sessionId + " generation=" + json(welcome, "generation") + " reconnected="
                    + json(welcome, "reconnected") + " resumed=" + json(welcome, "resumed") + " heartbeat=" + heartbeat);
            if (json(welcome, "pushes") != null) { // only with the feature ack
                onAckGranted(welcome);
            }
            welcomed = this;
            sendKept();
        }

        private void onAckGranted(String welcome) {
            generation = json(welcome, "generation");
            if (!json(welcome, "pushes").equals(pushes)) { // a new numbering begins with 1
                pushes = json(welcome, "pushes");
                received = 0;
            }
            sendAck();
            String accepted = json(welcome, "accepted");
            forget(accepted == null ? 0 : Long.parseLong(accepted));
        }

        private void onClose(ChannelHandlerContext ctx, String close) {
            String reason = json(close, "reason");
            boolean retry = !"false".equals(json(close, "retry"));
            String detail = json(close, "detail");
            tell("close reason=" + reason + " retry=" + retry + " detail=" + (detail == null ? "" : detail));
            if (!retry) {
                stopping = true;
                ctx.close().addListener(closed -> {
                    tell("closed for good");
                    Runtime.getRuntime().halt(3);
                });
                return;
            }
            // Only an answer to the frame just sent may set the clock. Otherwise a recorded close could set it.
            if ("token_expired".equals(reason) && lastToken.equals(json(close, "inReplyTo"))) {
                Duration wrongBy = Duration.between(Instant.now().plus(clockOffset), Instant.parse(json(close, "serverTime")));
                clockOffset = clockOffset.plus(wrongBy);
                tell("clock-corrected by=" + wrongBy.toSeconds());
            }
            String afterMs = json(close, "afterMs");
            slotMs = afterMs == null ? null : Long.valueOf(afterMs);
            end(ctx, "after a close frame");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(ctx, cause.getMessage());
        }

        private void end(ChannelHandlerContext ctx, String reason) {
            why = reason;
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            connected = null;
            welcomed = null;
            if (!stopping) {
                tell("closed " + why);
                connectLater();
            }
        }
    }

    /** Splits the stream into frames. It checks the length before it waits for the content, and rejects a frame with a wrong token. */
    private final class Decoder extends ByteToMessageDecoder {
        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (in.readableBytes() < 8) {
                return;
            }
            int length = in.getInt(in.readerIndex() + 4);
            if (in.getInt(in.readerIndex()) != MAGIC || length < 0 || length > MAX_RECEIVED) {
                throw new CorruptedFrameException("no frame where one must start");
            }
            if (in.readableBytes() < HEADER + length) {
                return;
            }
            byte[] frame = ByteBufUtil.getBytes(in.readSlice(HEADER + length));
            String sent = new String(frame, 58, FIELD, StandardCharsets.ISO_8859_1).trim();
            String expected = token(outboundKey, Arrays.copyOf(frame, 58), Arrays.copyOfRange(frame, 108, frame.length));
            if (!MessageDigest.isEqual(sent.getBytes(StandardCharsets.ISO_8859_1), expected.getBytes(StandardCharsets.ISO_8859_1))) {
                throw new CorruptedFrameException("a token does not verify");
            }
            String created = new String(frame, 108, FIELD, StandardCharsets.ISO_8859_1).trim();
            String suffix = created.substring(Math.min(created.length(), 19));
            String type = new String(frame, 8, FIELD, StandardCharsets.UTF_8).trim();
            out.add(new Frame(type, suffix, Arrays.copyOfRange(frame, HEADER, frame.length)));
        }
    }

    private final class Encoder extends MessageToByteEncoder<Frame> {
        private final Session session;

        Encoder(Session session) {
            this.session = session;
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, Frame frame, ByteBuf out) {
            ByteBuf start = Unpooled.buffer(58).writeInt(MAGIC).writeInt(frame.content.length).writeBytes(field(frame.type));
            byte[] created = field(DATE.format(Instant.now().plus(clockOffset)) + frame.suffix);
            session.lastToken = token(inboundKey, ByteBufUtil.getBytes(start), created, frame.content);
            out.writeBytes(start).writeBytes(field(session.lastToken)).writeBytes(created).writeBytes(frame.content);
        }
    }

    private static IdleStateHandler idle(double heartbeatSeconds) {
        long millis = Math.round(heartbeatSeconds * 1000);
        return new IdleStateHandler(millis, millis, 0, TimeUnit.MILLISECONDS);
    }

    private void forget(long acknowledged) {
        while (!kept.isEmpty() && kept.peek().number <= acknowledged) {
            kept.remove();
            room.release();
        }
    }

    /** Numbers the lines of the input and keeps them. Without room for one, the pipe of the input is the queue. */
    private void keepInput() throws IOException, InterruptedException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < bytes.length; i += MAX_SENT) { // a line that is too long for one message is sent in pieces
                byte[] piece = Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + MAX_SENT));
                room.acquire();
                group.execute(() -> {
                    kept.add(new Message(++lastNumber, piece));
                    if (welcomed != null) {
                        welcomed.sendKept();
                    }
                });
            }
        }
    }

    /** Runs on SIGTERM and SIGINT: sends the pending output and FIN, then reads the last bytes of the gateway. */
    private void closeGracefully() {
        stopping = true;
        SocketChannel channel = connected;
        if (channel != null) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) sent -> channel.shutdownOutput());
            channel.closeFuture().awaitUninterruptibly(CLOSE_TIMEOUT_MS);
            tell("closed by the client");
        }
        Runtime.getRuntime().halt(0); // otherwise the JVM exits with 143
    }

    private static String token(byte[] key, byte[]... parts) {
        return KEY_PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(hmac(key, parts));
    }

    private static byte[] hmac(byte[] key, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private static byte[] field(String text) {
        return Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), FIELD); // padded with NUL
    }

    private static String randomHex(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return ByteBufUtil.hexDump(random);
    }

    /** The value of a field in a flat JSON object, as written and without the quotes of a string; null when the field is absent. */
    private static String json(String object, String name) {
        Matcher field = Pattern.compile('"' + name + "\"\\s*:\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s,}\\]]+))").matcher(object);
        if (!field.find() || "null".equals(field.group(2))) {
            return null;
        }
        return field.group(1) != null ? field.group(1) : field.group(2);
    }

    private static void tell(String event) {
        OUT.println(event.replaceAll("\\p{Cntrl}", "?"));
    }
}
