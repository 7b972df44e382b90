package interop;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;

/** Handles one connection: sends the greeting, sends a ping on writer idle, closes the connection on reader idle. */
final class HeartbeatHandler extends ChannelInboundHandlerAdapter {
    private static final byte[] NOTHING = {};
    private static final byte[] GREETING = "哈哈哈哈!".getBytes(StandardCharsets.UTF_8);

    private final Settings settings;
    private final DigestToken tokens;

    HeartbeatHandler(Settings settings) {
        this.settings = settings;
        this.tokens = new DigestToken(settings.secret());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        Events.print("connected");
        if (settings.message()) {
            send(ctx, tokens.frame("message", GREETING));
        }
        if (settings.firstPing()) {
            ping(ctx);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object received) {
        // A frame that arrived together with the frame that caused the close must not be reported.
        if (!ctx.channel().isOpen()) {
            return;
        }
        Frame frame = (Frame) received;
        if (!tokens.verifies(frame)) {
            Events.print("token-mismatch");
            ctx.close();
        } else if (frame.type().equals(Frame.PING)) {
            Events.print("pong-received");
        } else {
            Events.print("frame-received type=" + frame.type() + " bytes=" + frame.content().length);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (!(event instanceof IdleStateEvent)) {
            super.userEventTriggered(ctx, event);
        } else if (((IdleStateEvent) event).state() == IdleState.WRITER_IDLE) {
            ping(ctx);
        } else {
            Events.explain("nothing read for 10 s, closing");
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Events.explain("closing: " + cause);
        ctx.close();
    }

    private void ping(ChannelHandlerContext ctx) {
        send(ctx, tokens.frame(Frame.PING, NOTHING)).addListener(sent -> {
            if (sent.isSuccess()) {
                Events.print("ping-sent");
            }
        });
    }

    private static ChannelFuture send(ChannelHandlerContext ctx, Frame frame) {
        return ctx.writeAndFlush(frame).addListener(sent -> {
            if (!sent.isSuccess()) {
                Events.explain("closing, not sent: " + sent.cause());
                ctx.close();
            }
        });
    }
}
