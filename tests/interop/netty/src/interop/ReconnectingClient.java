package interop;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;

/** Opens one connection after the other, for ever, on one event loop. */
final class ReconnectingClient {
    private static final long PAUSE_MILLIS = 500;
    private static final int CONNECT_TIMEOUT_MILLIS = 5000;
    private static final int READER_IDLE_SECONDS = 10;
    private static final int WRITER_IDLE_SECONDS = 5;

    private final Settings settings;
    private final Bootstrap bootstrap;

    private ReconnectingClient(Settings settings) {
        this.settings = settings;
        this.bootstrap = new Bootstrap()
                .group(new NioEventLoopGroup(1))
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new IdleStateHandler(
                                        READER_IDLE_SECONDS, WRITER_IDLE_SECONDS, 0, TimeUnit.SECONDS))
                                .addLast(new FrameEncoder())
                                .addLast(new FrameDecoder())
                                .addLast(new HeartbeatHandler(settings));
                    }
                });
    }

    public static void main(String[] args) throws InterruptedException {
        Settings settings = null;
        try {
            settings = Settings.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
        new ReconnectingClient(settings).run();
    }

    private void run() throws InterruptedException {
        while (true) {
            connectOnce();
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private void connectOnce() throws InterruptedException {
        Events.print("connecting");
        ChannelFuture attempt = bootstrap.connect(settings.host(), settings.port()).await();
        if (attempt.isSuccess()) {
            attempt.channel().closeFuture().await();
            Events.print("closed");
        } else {
            Events.print("connect-failed " + shortReason(attempt.cause()));
        }
    }

    /** Removes the address, which Netty appends after a colon. The reader of the event already has the address. */
    private static String shortReason(Throwable cause) {
        if (cause instanceof UnknownHostException) {
            return "unknown host";
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message.split(": ", 2)[0];
    }
}
