// a2a-java 0.3: both bindings of 0.3; it breaks at a second task in a stream, and at members that 0.3.0's proto lacks.
package interop;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.a2a.A2A;
import io.a2a.client.ClientEvent;
import io.a2a.client.TaskEvent;
import io.a2a.client.TaskUpdateEvent;
import io.a2a.client.config.ClientConfig;
import io.a2a.client.transport.jsonrpc.JSONRPCTransport;
import io.a2a.client.transport.jsonrpc.JSONRPCTransportConfig;
import io.a2a.client.transport.rest.RestTransport;
import io.a2a.client.transport.rest.RestTransportConfig;
import io.a2a.spec.A2AClientException;
import io.a2a.spec.PushNotificationConfig;
import io.a2a.spec.Task;
import io.a2a.spec.TaskIdParams;
import io.a2a.spec.TaskPushNotificationConfig;
import io.a2a.spec.TaskQueryParams;
import io.a2a.spec.TaskState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

public class Client {
  private static final String[] AGENTS = {"both", "legacy", "current"};
  private static final boolean[] OVER_REST = {false, true};

  interface Check {
    void run(io.a2a.client.Client client) throws Exception;
  }

  public static void main(String[] args) {
    JsonObject stand = JsonParser.parseString(System.getenv("INTEROP_STAND")).getAsJsonObject();
    String gateway = stand.get("gateway").getAsString();
    String webhook = stand.get("webhook").getAsString();
    var ids = new HashMap<String, String>();
    for (String agent : AGENTS) {
      String address = stand.getAsJsonObject("agents").get(agent).getAsString();
      ids.put(agent, address.substring(address.lastIndexOf('/') + 1));
    }

    everywhere("a message is answered", gateway, ids, false, client ->
        expect(TaskState.COMPLETED, lastOf(client, "text").getStatus().state()));
    everywhere("files and links are read", gateway, ids, false, client -> {
      for (String text : List.of("file", "link")) {
        expect(1, lastOf(client, text).getArtifacts().size());
      }
    });
    everywhere("a stream ends as its task does", gateway, ids, true, client ->
        expect(TaskState.COMPLETED, lastOf(client, "count 3").getStatus().state()));
    everywhere("a subscription ends as its task does", gateway, ids, true, client -> {
      String id = begun(client);
      Task last = followed(client::resubscribe, new TaskIdParams(id), Client::isOver);
      expect(TaskState.COMPLETED, last.getStatus().state());
    });
    everywhere("errors are read", gateway, ids, false, client -> {
      try {
        client.getTask(new TaskQueryParams("nope"));
      } catch (NullPointerException error) {
        // Over HTTP+JSON it looks for a member that error bodies of 0.3 have at Java's servers alone.
        expect(true, String.valueOf(error.getMessage()).contains("JsonNode"));
        return;
      } catch (A2AClientException error) {
        String told = error + " " + error.getCause();
        expect(true, told.contains("TaskNotFound") || told.contains("not found"));
        return;
      }
      throw new AssertionError("a task that there is not was found");
    });
    everywhere("push configs are made", gateway, ids, true, client -> {
      String id = begun(client);
      PushNotificationConfig config = new PushNotificationConfig.Builder().id("mine").url(webhook).build();
      TaskPushNotificationConfig made =
          client.setTaskPushNotificationConfiguration(new TaskPushNotificationConfig(id, config));
      expect(webhook, made.pushNotificationConfig().url());
    });
    System.exit(0);
  }

  /** One check over each binding at each agent; prints a line of JSON. */
  private static void everywhere(
      String name, String gateway, Map<String, String> ids, boolean isStreaming, Check check) {
    for (String agent : AGENTS) {
      for (boolean overRest : OVER_REST) {
        try {
          check.run(connected(gateway, ids.get(agent), overRest, isStreaming));
        } catch (Throwable error) {
          String where = agent + (overRest ? ", HTTP+JSON: " : ", JSON-RPC: ");
          System.out.println("{\"check\":" + quoted(name) + ",\"ok\":false,\"error\":" + quoted(where + error) + "}");
          return;
        }
      }
    }
    System.out.println("{\"check\":" + quoted(name) + ",\"ok\":true}");
  }

  private static io.a2a.client.Client connected(String gateway, String id, boolean overRest, boolean isStreaming)
      throws Exception {
    // It looks for a card at the host's root unless it is told where one is.
    var card = A2A.getAgentCard(gateway, "/agents/" + id + "/.well-known/agent-card.json", Map.of());
    var config = new ClientConfig.Builder().setStreaming(isStreaming).setUseClientPreference(true).build();
    var builder = io.a2a.client.Client.builder(card).clientConfig(config);
    return overRest
        ? builder.withTransport(RestTransport.class, new RestTransportConfig()).build()
        : builder.withTransport(JSONRPCTransport.class, new JSONRPCTransportConfig()).build();
  }

  interface Asking<T> {
    void with(T params, List<BiConsumer<ClientEvent, io.a2a.spec.AgentCard>> consumers, Consumer<Throwable> onError)
        throws A2AClientException;
  }

  /** The task as it was told last, as soon as it is as wanted. */
  private static <T> Task followed(Asking<T> asking, T params, Predicate<Task> isWanted) throws Exception {
    var done = new CompletableFuture<Task>();
    BiConsumer<ClientEvent, io.a2a.spec.AgentCard> onEvent =
        (event, card) -> {
          Task task =
              event instanceof TaskEvent whole
                  ? whole.getTask()
                  : event instanceof TaskUpdateEvent update ? update.getTask() : null;
          if (task != null && isWanted.test(task)) done.complete(task);
        };
    asking.with(params, List.of(onEvent), done::completeExceptionally);
    return done.get(20, TimeUnit.SECONDS);
  }

  private static boolean isOver(Task task) {
    return task.getStatus().state().isFinal();
  }

  private static Task lastOf(io.a2a.client.Client client, String text) throws Exception {
    return followed(client::sendMessage, A2A.toUserMessage(text), Client::isOver);
  }

  private static String begun(io.a2a.client.Client client) throws Exception {
    return followed(client::sendMessage, A2A.toUserMessage("wait 1500"), task -> true).getId();
  }

  private static void expect(Object expected, Object actual) {
    if (!expected.equals(actual)) throw new AssertionError(actual + ", not " + expected);
  }

  private static String quoted(String text) {
    return '"' + text.replaceAll("[\\\\\"\\p{Cntrl}]", " ") + '"';
  }
}
