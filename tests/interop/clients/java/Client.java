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
 * <p>A SECRET of - is read from the environment variable GATEWAY_SECRET, where other users of the machine do not see it.
 * GATEWAY_KEY_ID names the key, where the gateway knows several. Prints one event a line; sends each line of its input as a
 * message. Exit code: 0 after SIGTERM or SIGINT, 2 for wrong arguments, 3 when the gateway has closed for good.
 */
public final class Client {
    private static final int MAGIC = 0x76, HEADER = 158, FIELD = 50;
    private static final int MAX_RECEIVED = 1 << 20, MAX_SENT = 1 << 16; // content bytes: what we accept, what the gateway accepts
    private static final long LONGEST_PAUSE_MS = 60_000, STABLE_AFTER_MS = 30_000, GOODBYE_MS = 2_000;
    private static final int CONNECT_TIMEOUT_MS = 10_000;
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final String KEY_PREFIX = System.getenv("GATEWAY_KEY_ID") == null ? "" : System.getenv("GATEWAY_KEY_ID") + '.';
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private record Frame(String type, byte[] content) { }

    private final NioEventLoopGroup group = new NioEventLoopGroup(1); // all state below belongs to its one thread
    private final Bootstrap bootstrap = new Bootstrap();
    private final String clientId;
    private final byte[] inboundKey; // signs what we send
    private final byte[] outboundKey; // signs what we get
    private final String instance = randomHex(8);
    private final double wantedHeartbeat = Double.parseDouble(System.getenv().getOrDefault("HEARTBEAT_SECONDS", "5"));
    private Duration clockOffset = Duration.ofSeconds(Long.parseLong(System.getenv().getOrDefault("CLOCK_OFFSET_SECONDS", "0")));
    private String sessionId;
    private long attempt;
    private int failures;
    private Long slotMs;
    private volatile boolean stopping;
    private volatile SocketChannel connected; // since hello
    private volatile CompletableFuture<Channel> welcomed = new CompletableFuture<>(); // the thread that reads the input waits for it

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
        Runtime.getRuntime().addShutdownHook(new Thread(client::sayGoodbye));
        client.group.execute(client::connectLater);
        client.sendInput();
    }

    private void connectLater() {
        // Capped, then jittered over the whole range; or the slot that the gateway gave us.
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

    /** The life of one connection. */
    private final class Session extends SimpleChannelInboundHandler<Frame> {
        private final long began = System.nanoTime();
        private boolean pinged; // since something was read
        private String lastToken;
        private String why = "the gateway has ended the stream";

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            connected = (SocketChannel) ctx.channel();
            String resume = sessionId == null ? "" : ",\"resume\":\"" + sessionId + '"';
            String hello = "{\"clientId\":\"" + clientId + "\",\"instance\":\"" + instance + "\",\"attempt\":" + attempt
                    + ",\"nonce\":\"" + randomHex(16) + "\",\"heartbeatSeconds\":" + wantedHeartbeat + resume
                    + ",\"features\":[\"close\"]}";
            ctx.writeAndFlush(new Frame("hello", hello.getBytes(StandardCharsets.UTF_8)));
        }

        /** Pings when nothing was written or nothing was read for a heartbeat; gives up after two without a byte. */
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof IdleStateEvent idle)) {
                ctx.fireUserEventTriggered(event);
            } else if (idle.state() == IdleState.READER_IDLE && !idle.isFirst()) {
                end(ctx, "nothing was read for two heartbeats");
            } else if (idle.state() == IdleState.WRITER_IDLE || !pinged) {
                pinged = true;
                ctx.writeAndFlush(new Frame("ping", new byte[0]));
                tell("ping-sent");
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
            if (!ctx.channel().isOpen()) {
                return; // glued to the frame that made us close
            }
            pinged = false;
            if (sessionId != null && System.nanoTime() - began >= TimeUnit.MILLISECONDS.toNanos(STABLE_AFTER_MS)) {
                failures = 0;
            }
            String text = new String(frame.content, StandardCharsets.UTF_8);
            switch (frame.type) {
                case "ping" -> tell("pong-received"); // an answer or a sign of life; never answered
                case "welcome" -> onWelcome(ctx, text);
                case "close" -> onClose(ctx, text);
                default -> tell("message type=" + frame.type + " text=" + text);
            }
        }

        private void onWelcome(ChannelHandlerContext ctx, String welcome) {
            sessionId = json(welcome, "sessionId");
            double heartbeat = Double.parseDouble(json(welcome, "heartbeatSeconds"));
            ctx.pipeline().replace("idle", "idle", idle(heartbeat));
            tell("welcome session=" + sessionId + " generation=" + json(welcome, "generation") + " reconnected="
                    + json(welcome, "reconnected") + " resumed=" + json(welcome, "resumed") + " heartbeat=" + heartbeat);
            welcomed.complete(ctx.channel());
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
            // Only an answer to what we have just sent may set our clock, or a recorded one could.
            if ("token_expired".equals(reason) && lastToken.equals(json(close, "inReplyTo"))) {
                Duration wrongBy = Duration.between(Instant.now().plus(clockOffset), Instant.parse(json(close, "serverTime")));
                clockOffset = clockOffset.plus(wrongBy);
                tell("clock-corrected by=" + wrongBy.toSeconds());
            }
            String afterMs = json(close, "afterMs");
            slotMs = afterMs == null ? null : Long.valueOf(afterMs);
            end(ctx, "as the gateway announced");
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
            welcomed = new CompletableFuture<>();
            if (!stopping) {
                tell("closed " + why);
                connectLater();
            }
        }
    }

    /** Cuts frames out of the stream: waits for no length that was not checked, and passes on no frame whose token is wrong. */
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
            out.add(new Frame(new String(frame, 8, FIELD, StandardCharsets.UTF_8).trim(), Arrays.copyOfRange(frame, HEADER, frame.length)));
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
            byte[] created = field(DATE.format(Instant.now().plus(clockOffset)));
            session.lastToken = token(inboundKey, ByteBufUtil.getBytes(start), created, frame.content);
            out.writeBytes(start).writeBytes(field(session.lastToken)).writeBytes(created).writeBytes(frame.content);
        }
    }

    private static IdleStateHandler idle(double heartbeatSeconds) {
        long millis = Math.round(heartbeatSeconds * 1000);
        return new IdleStateHandler(millis, millis, 0, TimeUnit.MILLISECONDS);
    }

    /** A line is taken from the input when the one before has left and there is a session: the input's pipe is our queue. */
    private void sendInput() throws IOException, InterruptedException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < bytes.length; i += MAX_SENT) { // a line too long for one message goes out in pieces
                byte[] piece = Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + MAX_SENT));
                welcomed.join().writeAndFlush(new Frame("message", piece)).await();
            }
            if (bytes.length > 0) {
                tell("message-sent bytes=" + bytes.length);
            }
        }
    }

    /** On SIGTERM and SIGINT: what is begun is sent, then FIN, then the gateway's last bytes are read. */
    private void sayGoodbye() {
        stopping = true;
        SocketChannel channel = connected;
        if (channel != null) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) sent -> channel.shutdownOutput());
            channel.closeFuture().awaitUninterruptibly(GOODBYE_MS);
            tell("closed by ourselves");
        }
        Runtime.getRuntime().halt(0); // the JVM's own exit code would be 143
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
            throw new IllegalStateException("every Java platform brings HmacSHA256", e);
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

    /** A field of a flat JSON object as it is written, a text without its quotes; null when it is not there. */
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
