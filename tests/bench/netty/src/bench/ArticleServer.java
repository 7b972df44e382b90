package bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.MessageToByteEncoder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server like that of the Netty heartbeat tutorial ("the article"): an idle handler, a codec that creates an object for each frame, and a
 * handler that answers pings with the date.
 */
public final class ArticleServer {
    private static final int HEADER = 158;
    private static final int MAGIC = 0x76;
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    private ArticleServer() {
    }

    private record Message(String type, String token, String created, byte[] content) {
    }

    public static void main(String[] args) throws InterruptedException {
        var accepting = new NioEventLoopGroup(1);
        var serving = new NioEventLoopGroup(1);
        new ServerBootstrap()
            .group(accepting, serving)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new IdleStateHandler(60, 0, 0, TimeUnit.SECONDS), new Decoder(), new Encoder(), new Answering());
                }
            })
            .bind(Integer.parseInt(args[0])).sync().channel().closeFuture().sync();
    }

    private static final class Decoder extends ByteToMessageDecoder {
        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            if (in.readableBytes() < HEADER) {
                return;
            }
            in.markReaderIndex();
            int magic = in.readInt();
            int length = in.readInt();
            if (magic != MAGIC || length < 0) {
                context.close();
                return;
            }
            if (in.readableBytes() < HEADER - 8 + length) {
                in.resetReaderIndex();
                return;
            }
            var content = new byte[length];
            var message = new Message(text(in), text(in), text(in), content);
            in.readBytes(content);
            out.add(message);
        }

        private static String text(ByteBuf in) {
            return in.readCharSequence(50, StandardCharsets.UTF_8).toString().trim();
        }
    }

    private static final class Encoder extends MessageToByteEncoder<Message> {
        @Override
        protected void encode(ChannelHandlerContext context, Message message, ByteBuf out) {
            out.writeInt(MAGIC).writeInt(message.content.length);
            field(out, message.type);
            field(out, message.token);
            field(out, message.created);
            out.writeBytes(message.content);
        }

        private static void field(ByteBuf out, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(bytes).writeZero(50 - bytes.length);
        }
    }

    private static final class Answering extends SimpleChannelInboundHandler<Message> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, Message message) {
            if (message.type.equals("ping")) {
                context.writeAndFlush(new Message("ping", message.token, LocalDateTime.now().format(DATE), new byte[0]));
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof IdleStateEvent) {
                context.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
